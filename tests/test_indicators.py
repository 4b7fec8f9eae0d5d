"""All indicators of a pack in one frame."""

from facts_builder import facts

from stationmap import indicators
from stationmap.standards import load


def test_every_indicator_of_the_pack_for_every_subject_in_order():
    pack = load("ordos-2018")
    known = facts(
        pack=pack,
        name="鄂尔多斯市",
        adcode="150600",
        districts=[
            {"adcode": "150603", "name": "康巴什区", "level": 6, "population": 118_796},
            {"adcode": "150602", "name": "东胜区", "level": 6, "population": 574_242},
        ],
        counts=[
            {"subject": "150602", "subject_kind": "district", "count": "registered", "value": 9,
             "period": "2024"},
        ],
    )  # fmt: skip
    found = indicators.frame(pack, known)
    ids = [rule.id for rule in pack.rules if rule.kind == "indicator"]
    assert list(dict.fromkeys(found["indicator"])) == ids
    first = found[found["indicator"] == "OR-I.1"]
    assert first["subject"].tolist() == ["150600", "150602", "150603"]
    assert first["state"].tolist() == ["unknown", "not_applicable", "not_applicable"]
    assert first["required"].tolist() == [90_095, 74_652, 15_444]
    assert set(found["unit"]) == {"share", "mean", "number"}
    assert list(found.columns) == list(indicators.COLUMNS)


def test_a_pack_without_indicators_gives_an_empty_frame():
    pack = load("changzhi-2021")
    known = facts(pack=pack, name="长治市", adcode="140400")
    assert list(indicators.frame(pack, known).columns) == list(indicators.COLUMNS)

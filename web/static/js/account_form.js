// The form of an account: a unit is asked for only where the role needs one, and only units of the
// chosen district are listed.
const form = document.querySelector('form[data-draft="account"]');
const { role, adcode, unit_id: unit } = form.elements;
const all = [...unit.options];

function follow() {
  unit.closest(".form-field").hidden = role.value !== "unit";
  const district = /^\d+$/.test(adcode.value) ? adcode.value : "";
  const fits = ({ value, selected, dataset }) =>
    !value || selected || !dataset.adcode || dataset.adcode.startsWith(district);
  unit.replaceChildren(...all.filter(fits));
}

form.addEventListener("change", follow);
follow();

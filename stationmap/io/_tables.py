import numpy as np
def is_shop(shop, amenity):
    return ((shop.notna() & ~shop.isin(["vacant","no"])) | amenity.isin(["restaurant","cafe","bar","pub","fast_food","bank","pharmacy"])).to_numpy()
def shop_category(shop, amenity):
    return shop.where(shop.notna(), amenity).to_numpy(dtype=object)
def facility_category(tags):
    return np.where(tags["amenity"].isin(["hospital","library","townhall"]), tags["amenity"], None).astype(object)

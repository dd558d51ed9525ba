from .base_model import BaseModel
from .enums import DatasetMode


class Datasets(BaseModel):
    datasets: list["DatasetsDatasets"]


class DatasetsDatasets(BaseModel):
    name: str
    title: str
    description: str
    readable: bool
    writable: bool
    modes: list[DatasetMode]


Datasets.model_rebuild()

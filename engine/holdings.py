"""Holdings: how much of the room each user's series take. Where there are no users all of it is nobody's: scope ""."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from engine.settings import Settings
from engine.store import Store

NOBODY = ""


class Holdings:
    """Of every stored series, on the store thread. scopes: whose each is, by handle."""

    def __init__(self, settings: Settings, store: Store, scopes: Mapping[str, str]) -> None:
        self._settings = settings
        self._store = store
        self._scopes = scopes
        self._datasets = Counter(scopes.values())

    @cached_property
    def _bytes(self) -> Counter[str]:
        """Looked up once somebody asks, and only where there are users: it takes longer the more is stored."""
        is_everybodys = self._datasets.keys() <= {NOBODY}
        return Counter({NOBODY: self._store.disk}) if is_everybodys else _bytes(self._store, self._scopes)

    def share(self, scope: str, size: int = 0, datasets: int = 0) -> float:
        """The part of the disk that is a user's, or of the datasets if that is larger; with so many bytes and datasets
        more."""
        of_disk = (self._bytes[scope] + size) / self._settings.disk_budget
        return max(of_disk, (self._datasets[scope] + datasets) / self._settings.max_datasets)

    def shares(self) -> dict[str, float]:
        """Of everybody who has a series here."""
        return {scope: self.share(scope) for scope in self._datasets}


def _bytes(store: Store, scopes: Mapping[str, str]) -> Counter[str]:
    """Bytes on the disk of each scope. What several series of a user share counts once; an upload that several users
    sent, in each of them."""
    whose = dict(scopes)  # the names by which things are stored: handles, and keys of blocks, which no two users share
    for manifest in store.forecasts.manifests():
        whose.update(dict.fromkeys(manifest.keys, scopes.get(manifest.handle, NOBODY)))
    uploads = {upload: {scopes.get(handle, NOBODY) for handle in handles} for upload, handles in store.uploads()}
    found: Counter[str] = Counter()
    for key, size in store.sizes().items():
        kind, _, rest = key.partition("/")
        name = rest.partition("/")[0]
        for scope in uploads.get(name, ()) if kind == "u" else (whose.get(name, NOBODY),):
            found[scope] += size
    return found

"""What is wrong with the settings, shown on the assets that need them as soon as these load."""

from collections.abc import Iterable

import dagster as dg

from mews_pipeline.settings import LocalSettings, Settings, SettingsError, load


def with_problems(assets: Iterable[dg.AssetsDefinition]) -> Iterable[dg.AssetsDefinition]:
    """Give the assets, those whose settings cannot be used with that said first and as a tag.

    What comes from Mews needs all settings, the others only those of this machine.
    """
    everywhere, of_mews = _problem(LocalSettings), _problem(Settings)

    def told(spec: dg.AssetSpec) -> dg.AssetSpec:
        problem = of_mews if spec.key.path[0] == "mews" else everywhere
        if problem is None:
            return spec
        return spec.replace_attributes(
            description=f"{problem} Then reload the definitions.\n\n{spec.description}",
            tags={**spec.tags, "settings": "cannot_be_used"},
        )

    return dg.map_asset_specs(told, assets)


def _problem(kind: type[LocalSettings]) -> str | None:
    try:
        load(kind)
    except SettingsError as error:
        return str(error)
    return None

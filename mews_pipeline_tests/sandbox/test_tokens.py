"""Who may see what: portfolio and single-property tokens, revoked ones, missing permissions."""

from mews_pipeline.sandbox import (
    SandboxOptions,
    World,
    access_tokens,
    portfolio_tokens,
    token_key,
)
from mews_pipeline_tests.support.asking import NOW, ORDERS, RESERVATIONS, Asking, spas


def test_a_single_propertys_token_sees_its_own_and_may_not_list_enterprises(
    asking: Asking, world: World
) -> None:
    prop = world.properties[1]
    token = access_tokens(world)[prop.id]

    seen = asking.all(RESERVATIONS, "Reservations", AccessToken=token)
    services = {service.id for service in prop.services}

    assert {record["ServiceId"] for record in seen} <= services
    assert seen
    assert asking.post("enterprises/getAll", AccessToken=token).status_code == 401
    configuration = asking.post("configuration/get", AccessToken=token).json()
    assert configuration["Enterprise"]["Id"] == prop.id
    assert configuration["Enterprise"]["TimeZoneIdentifier"] == "Europe/Prague"
    assert configuration["Enterprise"]["IsPortfolio"] is False
    assert configuration["NowUtc"] == "2024-04-20T12:30:00Z"


def test_a_portfolios_token_names_the_enterprise_to_configure(asking: Asking, world: World) -> None:
    chosen = world.properties[2].id

    answer = asking.post("configuration/get", EnterpriseId=chosen).json()

    assert answer["Enterprise"]["Id"] == chosen
    assert answer["Enterprise"]["IsPortfolio"] is True


def test_what_is_out_of_a_tokens_scope_is_refused(asking: Asking, world: World) -> None:
    one, other = world.properties[:2]
    token = access_tokens(world)[one.id]

    for path, body in (
        (RESERVATIONS, {"EnterpriseIds": [one.id, other.id]}),
        (RESERVATIONS, {"ServiceIds": [other.stay.id]}),
        (ORDERS, {"ServiceIds": [one.spa.id, other.spa.id]}),
        ("resourceCategoryAssignments/getAll", {"ResourceCategoryIds": [other.categories[0].id]}),
        ("configuration/get", {"EnterpriseId": other.id}),
    ):
        response = asking.post(path, AccessToken=token, **body)
        assert response.status_code == 400
        assert response.json()["Message"] == f"Invalid {next(iter(body))}"


def test_portfolio_tokens_share_the_enterprises_out(world: World) -> None:
    asking = Asking(world, SandboxOptions(token_groups=2), NOW)

    seen = [
        {e["Id"] for e in asking.all("enterprises/getAll", "Enterprises", AccessToken=token)}
        for token in portfolio_tokens(world, 2)
    ]

    assert sorted(len(ids) for ids in seen) == [1, 2]
    assert set.union(*seen) == {prop.id for prop in world.properties}


def test_a_revoked_token_and_a_missing_permission_are_both_401(
    asking: Asking, world: World
) -> None:
    token = access_tokens(world)[world.properties[0].id]
    asking.options.denied_operations = {token_key(token): {ORDERS}, "*": {"services/getAll"}}

    assert asking.post("services/getAll").status_code == 401
    assert asking.post(ORDERS, AccessToken=token, ServiceIds=spas(world)[:1]).status_code == 401
    assert asking.post(RESERVATIONS, AccessToken=token).status_code == 200
    asking.options.revoked_tokens.add(token_key(token))
    assert asking.post(RESERVATIONS, AccessToken=token).status_code == 401
    assert asking.post(RESERVATIONS).status_code == 200


def test_the_tokens_are_listed(asking: Asking, world: World) -> None:
    assert asking.send("GET", "/sandbox/tokens").json()["Enterprises"] == access_tokens(world)

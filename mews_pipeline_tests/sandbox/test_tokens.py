"""Test the scope of portfolio and single-property tokens, revocation and missing permissions."""

from mews_pipeline.sandbox import (
    SandboxOptions,
    World,
    access_tokens,
    portfolio_tokens,
    token_key,
)
from mews_pipeline_tests.support.sandbox_client import (
    NOW,
    ORDERS_PATH,
    RESERVATIONS_PATH,
    SandboxClient,
    spas,
)


def test_a_single_property_token_sees_its_own_and_cannot_list_enterprises(
    client: SandboxClient, world: World
) -> None:
    prop = world.properties[1]
    token = access_tokens(world)[prop.id]

    seen = client.all(RESERVATIONS_PATH, "Reservations", AccessToken=token)
    services = {service.id for service in prop.services}

    assert {record["ServiceId"] for record in seen} <= services
    assert seen
    assert client.post("enterprises/getAll", AccessToken=token).status_code == 401
    configuration = client.post("configuration/get", AccessToken=token).json()
    assert configuration["Enterprise"]["Id"] == prop.id
    assert configuration["Enterprise"]["TimeZoneIdentifier"] == "Europe/Prague"
    assert configuration["Enterprise"]["IsPortfolio"] is False
    assert configuration["NowUtc"] == "2024-04-20T12:30:00Z"


def test_a_portfolio_token_can_choose_the_enterprise_of_configuration_get(
    client: SandboxClient, world: World
) -> None:
    chosen = world.properties[2].id

    configuration = client.post("configuration/get", EnterpriseId=chosen).json()

    assert configuration["Enterprise"]["Id"] == chosen
    assert configuration["Enterprise"]["IsPortfolio"] is True


def test_ids_outside_a_tokens_scope_are_refused(client: SandboxClient, world: World) -> None:
    one, other = world.properties[:2]
    token = access_tokens(world)[one.id]

    for path, body in (
        (RESERVATIONS_PATH, {"EnterpriseIds": [one.id, other.id]}),
        (RESERVATIONS_PATH, {"ServiceIds": [other.stay.id]}),
        (ORDERS_PATH, {"ServiceIds": [one.spa.id, other.spa.id]}),
        ("resourceCategoryAssignments/getAll", {"ResourceCategoryIds": [other.categories[0].id]}),
        ("configuration/get", {"EnterpriseId": other.id}),
    ):
        response = client.post(path, AccessToken=token, **body)
        assert response.status_code == 400
        assert response.json()["Message"] == f"Invalid {next(iter(body))}"


def test_the_enterprises_are_divided_among_the_portfolio_tokens(world: World) -> None:
    client = SandboxClient(world, SandboxOptions(token_groups=2), NOW)

    seen = [
        {e["Id"] for e in client.all("enterprises/getAll", "Enterprises", AccessToken=token)}
        for token in portfolio_tokens(world, 2)
    ]

    assert sorted(len(ids) for ids in seen) == [1, 2]
    assert set.union(*seen) == {prop.id for prop in world.properties}


def test_a_revoked_token_and_a_missing_permission_are_both_401(
    client: SandboxClient, world: World
) -> None:
    token = access_tokens(world)[world.properties[0].id]
    client.options.denied_operations = {token_key(token): {ORDERS_PATH}, "*": {"services/getAll"}}

    assert client.post("services/getAll").status_code == 401
    assert (
        client.post(ORDERS_PATH, AccessToken=token, ServiceIds=spas(world)[:1]).status_code == 401
    )
    assert client.post(RESERVATIONS_PATH, AccessToken=token).status_code == 200
    client.options.revoked_tokens.add(token_key(token))
    assert client.post(RESERVATIONS_PATH, AccessToken=token).status_code == 401
    assert client.post(RESERVATIONS_PATH).status_code == 200


def test_the_tokens_are_listed(client: SandboxClient, world: World) -> None:
    assert client.send("GET", "/sandbox/tokens").json()["Enterprises"] == access_tokens(world)

"""Where the release trees of each kind lie in a home, and which component they are of (facts 1.1, 1.2)."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.model.plans import Component, PackageKind


@dataclass(frozen=True)
class Place:
    """Relative to the home. folder: where the trees lie side by side. link: what leads to the active one, or to a part of it."""

    component: Component
    folder: str
    link: str


PLACES = {
    PackageKind.RUNTIME: Place(Component.RUNTIME, "runtime", "tomcat"),  # ours: the vendor unpacks it straight into the home
    PackageKind.GUI: Place(Component.FRONTEND, "release/emm", "webapps/emm"),
    PackageKind.STATISTICS: Place(Component.FRONTEND, "release/statistics", "webapps/statistics"),
    PackageKind.WEBSERVICES: Place(Component.FRONTEND, "release/webservices", "webapps/webservices"),
    PackageKind.BACKEND: Place(Component.BACKEND, "release/backend", "release/backend/current"),
    PackageKind.MANUAL: Place(Component.MANUAL, "release/manual", "webapps/manual/de"),
}
KINDS = {component: tuple(kind for kind, place in PLACES.items() if place.component is component) for component in Component}
LINKS = {component: PLACES[kinds[0]].link for component, kinds in KINDS.items()}  # it tells which version is active
WEB_APPLICATIONS = KINDS[Component.FRONTEND]

"""Addresses of incidents, force majeure and drills."""

from django.urls import path

from inquiries.views import force_majeure, incidents

urlpatterns = [
    path("incidents/", incidents.index, name="incidents"),
    path("incidents/new/", incidents.declare, name="incident_new"),
    path("incidents/drills/", incidents.drill, name="drills"),
    path("incidents/contacts/", incidents.contacts, name="emergency_contacts"),
    path("incidents/paper/", incidents.paper, name="paper_form"),
    path("incidents/broadcasts/<int:pk>/read/", incidents.read, name="broadcast_read"),
    path("incidents/force-majeure/", force_majeure.index, name="force_majeure"),
    path("incidents/force-majeure/new/", force_majeure.declare, name="force_majeure_new"),
    path("incidents/force-majeure/<int:pk>/", force_majeure.one, name="force_majeure_one"),
    path(
        "incidents/force-majeure/<int:pk>/progress/",
        force_majeure.progress,
        name="force_majeure_progress",
    ),
    path("incidents/<slug:number>/complaints/", incidents.complaints, name="incident_complaints"),
    path("incidents/<slug:number>/statements/", incidents.said, name="incident_statements"),
    path("incidents/<slug:number>/waiting/", incidents.waiting, name="incident_waiting"),
    path("incidents/<slug:number>/affected/", incidents.affected, name="incident_affected"),
    path("incidents/<slug:number>/type-in/", incidents.type_in, name="incident_type_in"),
]

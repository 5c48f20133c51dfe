"""The workbench's addresses."""

from django.urls import path

from kefu.workbench.views import (
    case,
    compose,
    desk,
    explain,
    live,
    notifications,
    photos,
    queue,
    reveal,
    search,
    steps,
)

app_name = "workbench"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("rows/", queue.rows, name="rows"),
    path("counts/", queue.counts, name="counts"),
    path("take/", queue.take_next, name="take_next"),
    path("search/", search.search, name="search"),
    path("search/suggest/", search.suggest, name="suggest"),
    path("cases/id/<int:pk>/", case.by_id, name="case_by_id"),
    path("cases/<slug:number>/", case.case, name="case"),
    path("cases/<slug:number>/parts/", case.parts, name="parts"),
    path("cases/<slug:number>/preview/", queue.preview, name="preview"),
    path("cases/<slug:number>/here/", live.here, name="here"),
    path("cases/<slug:number>/note/", compose.note, name="note"),
    path("cases/<slug:number>/do/<slug:name>/", steps.step, name="step"),
    path("cases/<slug:number>/reveal/<slug:what>/", reveal.reveal, name="reveal"),
    path("cases/<slug:number>/reveal/<slug:what>/<int:pk>/", reveal.reveal, name="reveal_row"),
    path("cases/<slug:number>/photos/", photos.add, name="photo_add"),
    path("cases/<slug:number>/photos/look/", photos.look, name="photos_look"),
    path("cases/<slug:number>/photos/<int:photo>/", photos.full, name="photo"),
    path("cases/<slug:number>/photos/<int:photo>/small/", photos.small, name="photo_small"),
    path("why/deadline/<int:pk>/", explain.why_deadline, name="why_deadline"),
    path("why/penalty/<int:pk>/", explain.why_penalty, name="why_penalty"),
    path("seat/", desk.seat, name="seat"),
    path("on-duty/", desk.on_duty, name="on_duty"),
    path("bell/", desk.bell, name="bell"),
    path("notifications/settings/", notifications.settings, name="notification_settings"),
    path(
        "notifications/channels/<int:pk>/", notifications.channel_step, name="notification_channel"
    ),
    path("hand-over/", desk.hand_over, name="hand_over"),
    path("session/", desk.session, name="session"),
    path("live/", live.live, name="live"),
    path("live/poll/", live.live_poll, name="live_poll"),
]

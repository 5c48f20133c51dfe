"""What the API owes its callers even where no view of it was reached."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from kefu.api.problems import CONTENT_TYPE, problem

HOME = "/api/"
CODES = {
    400: "bad_request",
    403: "permission_denied",
    404: "not_found",
    500: "internal_error",
    503: "unavailable",
}


class ApiMiddleware(MiddlewareMixin):
    """Under /api/ each answer is kept by nobody, and a refusal is problem+json.

    Stands right behind the request log, so that what the other middleware refuses comes by here too.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not request.path_info.startswith(HOME):
            return response
        if response.status_code >= 400 and response.get("Content-Type") != CONTENT_TYPE:
            response = _as_problem(response)
        if allowance := getattr(request, "allowance", None):
            for name, value in allowance.headers().items():
                response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _as_problem(response: HttpResponseBase) -> HttpResponse:
    status = response.status_code
    answer = JsonResponse(
        problem(status=status, code=CODES.get(status, f"status_{status}")),
        status=status,
        content_type=CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":")},
    )
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in response.headers:
            answer.headers[name] = response.headers[name]
    return answer

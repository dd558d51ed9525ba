"""What schemathesis asks of each answer; it loads this file in an environment of its own."""

from typing import Any

import schemathesis  # type: ignore[import-not-found]  # not of our environment
from hypothesis import strategies as st
from schemathesis.graphql import nodes  # type: ignore[import-not-found]  # as above

schemathesis.graphql.scalar(
    "JSON",
    st.one_of(
        st.text().map(nodes.String),
        st.integers(-(2**40), 2**40).map(nodes.Int),
        st.just(nodes.Object([])),
        st.just(nodes.List([])),
    ),
)


@schemathesis.check
def coded(_context: Any, response: Any, _case: Any) -> None:
    """Hold an answer to our word: no 5xx, and every error with a code that is not INTERNAL."""
    assert response.status_code < 500, response.status_code
    for error in response.json().get("errors", ()):
        assert error["extensions"]["code"] not in {"", "INTERNAL", "UNAVAILABLE"}, error

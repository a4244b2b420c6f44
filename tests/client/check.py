"""Calls each operation of the quickstart with the generated client. The argument is the URL of the quickstart."""

import sys
import time
from uuid import UUID, uuid4

import httpx
from quickstart_client import Client
from quickstart_client.api.users import create_user, delete_user, get_user, list_users, rename_user
from quickstart_client.models import NewUser, Page, Problem, Rename, User

url = sys.argv[1]
for _ in range(300):
    try:
        httpx.get(f"{url}/health/live")
        break
    except httpx.TransportError:
        time.sleep(0.1)

client = Client(base_url=url)

ann = create_user.sync(client=client, body=NewUser(name="Ann", email="ann@example.com"))
assert isinstance(ann, User) and isinstance(ann.id, UUID), ann

page = list_users.sync(client=client, search="an", limit=5)
assert isinstance(page, Page) and page.total == 1 and page.items == [ann], page

renamed = rename_user.sync(ann.id, client=client, body=Rename(name="Anna"))
assert isinstance(renamed, User) and renamed.name == "Anna", renamed
assert get_user.sync(ann.id, client=client) == renamed

refused = create_user.sync_detailed(client=client, body=NewUser(name="", email="no address"))
assert refused.status_code == 422 and isinstance(refused.parsed, Problem), refused
pointers = sorted(error.pointer for error in refused.parsed.errors)
assert pointers == ["/email", "/name"], refused
assert refused.headers["x-correlation-id"] == refused.parsed.correlation_id

assert delete_user.sync_detailed(ann.id, client=client).status_code == 204
missing = get_user.sync_detailed(uuid4(), client=client)
assert missing.status_code == 404 and isinstance(missing.parsed, Problem), missing
print("the generated client has called five operations: seven answers as they are documented")

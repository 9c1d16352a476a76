"""The harness's end of the object RPC: proxies for the objects of the candidate."""

"""PostgreSQL as Django uses it, with every statement telling which tenant it is for.

Policies on the tables (`kernel.tenancy.policies`) let it see and write that tenant's rows only, so
a query that forgets its filter still gives nothing of others. The setting is local to the
statement or the transaction: a connection that is lent on carries nothing over.
"""

"""AWS CloudTrail records, event versions 1.0x (CloudTrail User Guide, "Record contents")."""

from datetime import datetime
from typing import Any

from apps.audit.domain.entries import Actor, Context, Entry, EntryError, Target

#: Request parameters that name the thing acted on, and the AWS type of that thing.
NAMED_BY = {
    "bucketName": "AWS::S3::Bucket",
    "roleName": "AWS::IAM::Role",
    "userName": "AWS::IAM::User",
    "policyArn": "AWS::IAM::ManagedPolicy",
    "secretId": "AWS::SecretsManager::Secret",
    "instanceId": "AWS::EC2::Instance",
    "vpcId": "AWS::EC2::VPC",
    "subnetId": "AWS::EC2::Subnet",
    "routeTableId": "AWS::EC2::RouteTable",
    "internetGatewayId": "AWS::EC2::InternetGateway",
    "natGatewayId": "AWS::EC2::NatGateway",
    "networkInterfaceId": "AWS::EC2::NetworkInterface",
    "dBInstanceIdentifier": "AWS::RDS::DBInstance",
    "dBSnapshotIdentifier": "AWS::RDS::DBSnapshot",
    "functionName": "AWS::Lambda::Function",
    "keyId": "AWS::KMS::Key",
    "logGroupName": "AWS::Logs::LogGroup",
}

#: What `name` and `names` mean depends on the service that was called.
CALLED_NAME = {"ssm": "AWS::SSM::Parameter", "cloudtrail": "AWS::CloudTrail::Trail"}

KEPT_AS_METADATA = (
    "awsRegion",
    "readOnly",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "recipientAccountId",
    "eventID",
    "eventType",
)


def cloudtrail_entry(record: dict[str, Any]) -> Entry:
    """Return what a CloudTrail record tells; raises EntryError when it is not one."""
    try:
        source = record["eventSource"].removesuffix(".amazonaws.com")
        return Entry(
            action=f"{source}.{record['eventName']}",
            occurred_at=datetime.fromisoformat(record["eventTime"]),
            actor=_actor(record["userIdentity"]),
            targets=_targets(source, record),
            context=Context(
                ip_address=record.get("sourceIPAddress") or "",
                user_agent=(record.get("userAgent") or "")[:1000],
                location=record.get("awsRegion") or "",
                request_id=record.get("requestID") or "",
            ),
            metadata={
                name: record[name] for name in KEPT_AS_METADATA if record.get(name) is not None
            },
            idempotency_key=f"cloudtrail:{record['eventID']}",
        )
    except KeyError as error:
        raise EntryError(f"no CloudTrail record: the field {error.args[0]} is missing") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise EntryError(f"no CloudTrail record: {error}") from None


def _actor(identity: dict[str, Any]) -> Actor:
    """Return who called: a user by name, a role by its own name, a service by its address."""
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
    name = identity.get("userName") or issuer.get("userName") or identity.get("invokedBy")
    known_as = (
        identity.get("arn")
        or identity.get("principalId")
        or identity.get("invokedBy")
        or identity.get("accountId")
    )
    if not known_as:
        raise ValueError("userIdentity names nobody")
    return Actor(type=identity.get("type") or "Unknown", id=known_as, name=name or "")


def _targets(source: str, record: dict[str, Any]) -> tuple[Target, ...]:
    targets = [
        Target(type=resource.get("type") or "AWS::Resource", id=resource["ARN"])
        for resource in record.get("resources") or ()
        if resource.get("ARN")
    ]
    parameters = record.get("requestParameters") or {}
    named = dict(NAMED_BY)
    if source in CALLED_NAME:
        named |= {"name": CALLED_NAME[source], "names": CALLED_NAME[source]}
    for parameter, kind in named.items():
        value = parameters.get(parameter)
        names = value if isinstance(value, list) else [value]
        targets += [Target(type=kind, id=name) for name in names if name and isinstance(name, str)]
    return tuple(dict.fromkeys(targets))[:50]

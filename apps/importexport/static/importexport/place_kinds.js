// What each kind of place is asked: [setting, label, what it may be told beside, further attributes of its field].
const FOLDER = ["folder", "Folder", "It may hold {date}, {dataset}, {export} and {series}; {export} if it is empty.", { maxlength: 500 }];
const DAYS = ["link_days", "Days that links lead to the files", "", { type: "number", min: 1, max: 7 }];

export const KINDS = {
  S3: {
    title: "Bucket of S3",
    secret: "Secret key",
    where: ({ address, bucket }) => `${address ? `${address}/` : "s3://"}${bucket}`,
    asks: [
      ["bucket", "Bucket", "", { required: true, maxlength: 63 }],
      ["access_key", "Access key", "", { required: true, maxlength: 500 }],
      ["region", "Region", "us-east-1 if it is empty.", { maxlength: 40 }],
      ["address", "Address", "Of an S3 that is not AWS: https://host.", { type: "url", maxlength: 500 }],
      FOLDER,
    ],
  },
  SFTP: {
    title: "Server of SFTP",
    secret: "Password or private key",
    where: ({ user, host, port }) => `${user}@${host}:${port}`,
    asks: [
      ["host", "Host", "", { required: true, maxlength: 253 }],
      ["port", "Port", "22 if it is empty.", { type: "number", min: 1, max: 65535 }],
      ["user", "User", "", { required: true, maxlength: 500 }],
      ["host_key", "Key of the server", "Empty: a test tells which one it shows, to be compared and filled in.", {}],
      FOLDER,
    ],
  },
  WEBHOOK: {
    title: "Webhook",
    secret: "Secret that signs (whsec_…)",
    where: ({ address }) => address,
    asks: [["address", "Address", "", { type: "url", required: true, maxlength: 500 }], DAYS],
  },
  EMAIL: {
    title: "People with mail",
    secret: "",
    where: ({ to }) => to.join(", "),
    asks: [["to", "Addresses", "With commas between: members of the tenant, and whom the operator allows.", { required: true }], DAYS],
  },
};

/** Return the settings of a place, as the API takes them, of what was filled in: what is empty is as usual. */
export function settingsOf(kind, given) {
  const found = {};
  for (const [name, , , { type }] of KINDS[kind].asks) {
    const text = given[name].trim();
    if (!text) continue;
    if (type === "number") found[name] = Number(text);
    else found[name] = name === "to" ? text.split(/[\s,]+/).filter(Boolean) : text;
  }
  return found;
}

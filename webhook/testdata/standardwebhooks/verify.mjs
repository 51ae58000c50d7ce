// node verify.mjs SECRET < a request as JSON {headers, body}: says "valid" or why not.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { headers, body } = JSON.parse(readFileSync(0, "utf8"));
try {
  new Webhook(process.argv[2]).verify(body, headers);
  console.log("valid");
} catch (err) {
  console.log(err.message);
}

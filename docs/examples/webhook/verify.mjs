// Verifies a delivery of Guestright in JavaScript (Node.js 18 or later, nothing to install).
//
//   node verify.mjs SECRET[,OLDER-SECRET] ID TIMESTAMP SIGNATURE < body      says "valid" or why not
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Throws unless Guestright sent this body (a Buffer, as it arrived) within the last five minutes. */
export function verify(secrets, { id, timestamp, signature }, body) {
  if (!id || !signature || !/^\d+$/.test(timestamp ?? "")) throw new Error("a header is missing");
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) throw new Error("too old or too early");
  for (const secret of secrets) {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const want = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
    for (const part of signature.split(" ")) {
      const [version, value] = part.split(",", 2);
      const got = Buffer.from(value ?? "", "base64");
      if (version === "v1" && got.length === want.length && timingSafeEqual(got, want)) return;
    }
  }
  throw new Error("no signature fits");
}

// In a server: req.headers["webhook-id"], ["webhook-timestamp"], ["webhook-signature"], and the body before it is parsed.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [secrets, id, timestamp, signature] = process.argv.slice(2);
  try {
    verify(secrets.split(","), { id, timestamp, signature }, readFileSync(0));
    console.log("valid");
  } catch (error) {
    console.log(error.message);
    process.exitCode = 1;
  }
}

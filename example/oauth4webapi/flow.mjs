// Everything that an application does with OAuth, by oauth4webapi as it is
// published, against a running demo:
//
//   go run ./cmd/guestright demo      in one terminal: it prints what to put here
//   npm ci                            in this folder
//   CLIENT_ID=… CLIENT_SECRET=… node flow.mjs
//
// Needs Node 18 or newer.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { Person } from './person.mjs';

globalThis.crypto ??= webcrypto; // Node 18 has them, but not as globals
globalThis.CryptoKey ??= webcrypto.CryptoKey;
const oauth = await import('oauth4webapi');

const {
  ISSUER = 'http://127.0.0.1:8480', GATEWAY = 'http://127.0.0.1:8490', CLIENT_ID, CLIENT_SECRET,
  REDIRECT_URI = 'http://127.0.0.1:9000/callback', ACCOUNT = 'harbour-books',
  EMAIL = 'emil@harbour-books.example', PASSWORD = 'welcome-emil-1867',
} = process.env;
const flags = new URL(`${GATEWAY}/api/v1/accounts/${ACCOUNT}/projects/web-shop/flags`);
const local = { [oauth.allowInsecureRequests]: true }; // the demo listens on loopback without TLS
const client = { client_id: CLIENT_ID };
const auth = oauth.ClientSecretBasic(CLIENT_SECRET);
const step = (words) => console.log('== ' + words);
const scope = 'openid email flags.read projects.read flags.write';
const person = new Person(ISSUER);

step('Discovery, RFC 8414 and OpenID Connect');
const issuer = new URL(ISSUER);
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...local }));
const oidc = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...local }));
assert.equal(oidc.token_endpoint, as.token_endpoint);

// authorize sends the person through the pages and gives what came back. The
// first time they sign in and choose; later nothing is asked.
async function authorize(address, scopes = ['flags.write']) {
  let page = await person.open(address);
  if (page.body?.includes('action="/sign-in"')) page = await person.signIn(page, EMAIL, PASSWORD);
  if (page.away) return page.away;
  assert.match(page.body, /Flag Board wants to act as you/);
  const account = /name="account" value="([^"]*)"/.exec(page.body)[1];
  page = await person.send(page, '/consent', [['account', account], ['answer', 'approve'], ...scopes.map((s) => ['scope', s])]);
  assert.ok(page.away, page.body);
  return page.away;
}

// begin makes the parameters of an authorization request.
async function begin(more = {}) {
  const verifier = oauth.generateRandomCodeVerifier(), state = oauth.generateRandomState(), nonce = oauth.generateRandomNonce();
  const params = new URLSearchParams({
    client_id: CLIENT_ID, redirect_uri: REDIRECT_URI, response_type: 'code', scope, state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...more,
  });
  return { verifier, state, nonce, params };
}

async function redeem(asked, away, options) {
  const params = oauth.validateAuthResponse(as, client, away, asked.state); // RFC 9207, too
  const response = await oauth.authorizationCodeGrantRequest(as, client, auth, params, REDIRECT_URI, asked.verifier, { ...local, ...options });
  return oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: asked.nonce, requireIdToken: true });
}

const call = async (token, options) => {
  const response = await oauth.protectedResourceRequest(token, 'GET', flags, undefined, undefined, { ...local, ...options });
  await response.arrayBuffer();
  return response.status;
};

// refused runs a call that must fail with a challenge to the caller.
async function refused(token, options) {
  await assert.rejects(() => call(token, options), (err) => err instanceof oauth.WWWAuthenticateChallengeError && err.status === 401);
}

step('Code with PKCE, through the consent page');
let asked = await begin();
const address = new URL(as.authorization_endpoint);
address.search = asked.params;
let got = await redeem(asked, await authorize(address.href));
assert.equal(await call(got.access_token), 200);
const claims = oauth.getValidatedIdTokenClaims(got);
assert.equal(claims.email, EMAIL);
const info = await oauth.processUserInfoResponse(as, client, claims.sub, await oauth.userInfoRequest(as, client, got.access_token, local));
assert.equal(info.email, EMAIL);

step('Refresh, with rotation');
const first = got.refresh_token;
got = await oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, auth, first, local));
assert.notEqual(got.refresh_token, first);
assert.equal(await call(got.access_token), 200);

step('Introspection');
const about = await oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, auth, got.access_token, local));
assert.equal(about.active, true);
assert.equal(about.client_id, CLIENT_ID);

step('Revocation');
await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, got.refresh_token, local));
const gone = await oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, auth, got.access_token, local));
assert.equal(gone.active, false);
await refused(got.access_token);

step('Client credentials');
const own = await oauth.processClientCredentialsResponse(as, client, await oauth.clientCredentialsGrantRequest(as, client, auth, { account_id: ACCOUNT }, local));
assert.equal(await call(own.access_token), 200);

step('Pushed authorization request, and DPoP');
const keys = await oauth.generateKeyPair('ES256');
const DPoP = oauth.DPoP(client, keys);
asked = await begin();
const pushed = await oauth.processPushedAuthorizationResponse(as, client, await oauth.pushedAuthorizationRequest(as, client, auth, asked.params, { DPoP, ...local }));
address.search = new URLSearchParams({ client_id: CLIENT_ID, request_uri: pushed.request_uri });
got = await redeem(asked, await authorize(address.href), { DPoP });
assert.equal(got.token_type, 'dpop');
assert.equal(await call(got.access_token, { DPoP }), 200);
await refused(got.access_token); // without a proof
await refused(got.access_token, { DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')) }); // another's proof
got = await oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, auth, got.refresh_token, { DPoP, ...local }));
assert.equal(await call(got.access_token, { DPoP }), 200);

console.log('Everything works.');

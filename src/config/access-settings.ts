/** Settings of access: who may connect, how they prove who they are, what is shown to whom. */
import { keySource } from './key-source.js';
import {
  duration,
  form,
  hosts,
  isHeaderText,
  jwtRoles,
  oneOf,
  origins,
  setting,
  text,
  webAddress,
} from './parsers.js';

const CLAIM = 'the name of a claim, or its path like realm_access.roles';
const isScopes = (value: string): boolean =>
  /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(value) && value.split(' ').includes('openid');
const isClaim = (value: string): boolean => /^[\x21-\x7e]{1,200}$/.test(value);

/** What is shown: to everybody, to callers with a valid token, to nobody. */
function shown<D extends 'on' | null>(
  name: string,
  meaning: string,
  [byDefault, value]: readonly [string, D],
) {
  return setting({
    name,
    meaning: `on, off or authenticated (with a valid token; with AUTH=none that is nobody): ${meaning}`,
    byDefault,
    read: oneOf(['on', 'off', 'authenticated'] as const, value),
  });
}

export const ACCESS = {
  auth: setting({
    name: 'AUTH',
    meaning:
      'tokens: API tokens of AUTH_TOKENS_FILE; jwt: tokens of the identity provider JWT_ISSUER; none: accept everybody, to be set when HOST is not a loopback address',
    byDefault: 'none on loopback',
    read: oneOf(['none', 'tokens', 'jwt'] as const, null),
  }),
  sensitiveData: setting({
    name: 'SENSITIVE_DATA',
    meaning:
      'shown or masked: what callers see of sensitive parts of payloads with AUTH=none; else the right payload:read decides',
    byDefault: 'shown',
    read: oneOf(['shown', 'masked'] as const, 'shown'),
  }),
  payloadEncryption: setting({
    name: 'PAYLOAD_ENCRYPTION',
    meaning:
      'file:<path> or command:<program and arguments> with the keys that seal payloads in the database; restart to read it again',
    byDefault: 'off: payloads are plain',
    read: keySource,
  }),
  tokensFile: setting({
    name: 'AUTH_TOKENS_FILE',
    meaning:
      'file of hashed API tokens (backstep token create), mode 600; read again when it changes',
    byDefault: 'none; AUTH=tokens needs it',
    read: text,
  }),
  jwtIssuer: setting({
    name: 'JWT_ISSUER',
    meaning: 'the identity provider, exactly as in the claim iss, like https://login.example.com',
    byDefault: 'none; AUTH=jwt needs it',
    read: webAddress,
  }),
  jwtAudience: setting({
    name: 'JWT_AUDIENCE',
    meaning: 'this gateway, as in the claim aud',
    byDefault: 'none; AUTH=jwt needs it',
    read: form(isHeaderText, 'text without spaces, at most 1000 characters', null),
  }),
  jwtKeysUrl: setting({
    name: 'JWT_KEYS_URL',
    meaning: 'where the identity provider publishes its keys (JWKS)',
    byDefault: 'jwks_uri of JWT_ISSUER/.well-known/openid-configuration',
    read: webAddress,
  }),
  jwtClockSkew: setting({
    name: 'JWT_CLOCK_SKEW',
    meaning: 'how far the clocks of the identity provider and the gateway may differ',
    byDefault: '30s',
    read: duration(0, 30_000),
  }),
  jwtRolesClaim: setting({
    name: 'JWT_ROLES_CLAIM',
    meaning: 'claim with the roles or groups of a caller: a list, or text with spaces',
    byDefault: 'roles',
    read: form(isClaim, CLAIM, 'roles'),
  }),
  jwtRoles: setting({
    name: 'JWT_ROLES',
    meaning:
      'what the values of JWT_ROLES_CLAIM mean, like platform-team=admin,support=operator; several may lead to one role',
    byDefault: 'each value is the role of that name',
    read: jwtRoles,
  }),
  jwtScopesClaim: setting({
    name: 'JWT_SCOPES_CLAIM',
    meaning:
      'claim with the patterns of orchestration names that a caller may see, like ["tenant*"]; without the claim a caller sees none',
    byDefault: 'none: every caller sees every orchestration',
    read: form(isClaim, CLAIM, null),
  }),
  oidcClientId: setting({
    name: 'OIDC_CLIENT_ID',
    meaning:
      'client id of the console at JWT_ISSUER: a public client, code flow with PKCE, redirect URI <console>/login (docs/security.md)',
    byDefault: 'none: the console takes a token',
    read: form(isHeaderText, 'text without spaces, at most 1000 characters', null),
  }),
  oidcScopes: setting({
    name: 'OIDC_SCOPES',
    meaning: 'scopes that the console requests when somebody signs in, openid among them',
    byDefault: 'openid profile',
    read: form(isScopes, 'openid and others, separated by spaces', 'openid profile'),
  }),
  allowedOrigins: setting({
    name: 'ALLOWED_ORIGINS',
    meaning: 'origins of browser pages that may connect, separated by commas',
    byDefault: 'pages of the gateway itself',
    read: origins,
  }),
  allowedHosts: setting({
    name: 'ALLOWED_HOSTS',
    meaning:
      'host names by which this gateway is reached, separated by commas; with AUTH=none the Host of each request must be one of them, HOST, of ALLOWED_ORIGINS, or an address',
    byDefault: 'none',
    read: hosts,
  }),
  introspection: shown('INTROSPECTION', 'whether clients may read the schema', [
    'on, off in production',
    null,
  ]),
  suggestions: shown('SUGGESTIONS', 'whether errors name what is near an unknown name', [
    'on, off in production without INTROSPECTION',
    null,
  ]),
  graphiql: shown('GRAPHIQL', 'whether /graphiql is there', ['on', 'on']),
  openapi: shown('OPENAPI', 'whether /openapi.yaml is there', ['on', 'on']),
  metrics: shown('METRICS', 'whether /metrics is there', [
    'authenticated; on with AUTH=none',
    null,
  ]),
  readiness: shown('READINESS', 'whether /readyz has its checks, beside ready or not', [
    'on when HOST is a loopback address, else authenticated',
    null,
  ]),
} as const;

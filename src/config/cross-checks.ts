/** Settings that are valid alone but not in combination. */
import { isLoopback } from '../names/loopback.js';
import { databaseProblems } from './database-url.js';
import { kafkaProblems } from './kafka-checks.js';
import type { Read } from './settings.js';

/** A setting that is invalid by itself is null here: it is reported already. */
export function crossCheckProblems(read: Partial<Read>): string[] {
  return [
    ...authenticationProblems(read),
    ...identityProblems(read),
    ...tlsProblems(read),
    ...kafkaProblems(read),
    ...databaseProblems(read.databaseUrl ?? null),
    ...migrationProblems(read),
  ];
}

function authenticationProblems({ host, auth }: Partial<Read>): string[] {
  if (!host || isLoopback(host) || auth !== null) return [];
  return [
    `HOST is ${host}, which others can reach: set AUTH=tokens or AUTH=jwt, or AUTH=none if everybody may do everything`,
  ];
}

/** What each mode cannot do without. */
function identityProblems(read: Partial<Read>): string[] {
  const { auth, tokensFile, jwtIssuer, jwtAudience, oidcClientId } = read;
  const missing = (value: unknown, name: string): string[] =>
    value === null ? [`AUTH=${auth} needs ${name}`] : [];
  if (auth === 'tokens') return missing(tokensFile, 'AUTH_TOKENS_FILE');
  if (auth === 'jwt')
    return [...missing(jwtIssuer, 'JWT_ISSUER'), ...missing(jwtAudience, 'JWT_AUDIENCE')];
  return typeof oidcClientId === 'string'
    ? ['OIDC_CLIENT_ID is set: browsers log in with AUTH=jwt only']
    : [];
}

function tlsProblems({ tlsCertFile, tlsKeyFile, hsts }: Partial<Read>): string[] {
  if (tlsCertFile !== null && tlsKeyFile === null)
    return ['TLS_CERT_FILE is set: TLS_KEY_FILE must be, too'];
  if (tlsCertFile === null && tlsKeyFile !== null)
    return ['TLS_KEY_FILE is set: TLS_CERT_FILE must be, too'];
  if (tlsCertFile === null && typeof hsts === 'number' && hsts > 0)
    return ['HSTS is set: it needs TLS_CERT_FILE; a proxy that ends TLS sends it itself'];
  return [];
}

/** Of its own database nobody else brings the schema up to date. */
function migrationProblems({ migrations, databaseUrl }: Partial<Read>): string[] {
  if (migrations !== 'wait' || databaseUrl !== null) return [];
  return ['MIGRATIONS is wait: set DATABASE_URL, too; the own PostgreSQL is migrated at the start'];
}

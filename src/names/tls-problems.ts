/** What a failed TLS connection means, and what to do; for errors of any client. */

/** The settings to name in the advice. */
export interface TlsSettings {
  /** Names the file of authorities. */
  readonly authority: string;
  /** Name the certificate of the client and its key. */
  readonly client: string;
  /** Connects without TLS. */
  readonly off: string;
}

const UNKNOWN_AUTHORITY =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED)$/;
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE/;
const CLIENT_REFUSED =
  /ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|HANDSHAKE_FAILURE)|HANDSHAKE_FAILURE_ON|ALERT_NUMBER_116/;
/** The same in the text of errors whose code was lost on the way. */
const CLIENT_REFUSED_TEXT =
  /alert (?:bad certificate|unknown ca|certificate|handshake failure)|certificate required/i;

/** Of a server that does not understand TLS. */
const CLOSED_TEXT = /before secure TLS connection was established/;

/** Null: it is about something else than TLS. */
export function tlsProblem(code: string, message: string, settings: TlsSettings): string | null {
  const { authority, client, off } = settings;
  if (UNKNOWN_AUTHORITY.test(code))
    return `its certificate was issued by an unknown authority; name the file of the authority with ${authority}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'its certificate is for other names; connect by a name that is in it, or issue one with this name';
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired; issue a new one';
  if (code === 'CERT_NOT_YET_VALID')
    return 'its certificate is not valid yet; compare the clocks of both machines';
  if (NO_TLS.test(code))
    return `it does not use TLS on this port; connect to the port that does, or set ${off}`;
  if (CLOSED_TEXT.test(message))
    return `it closed the connection before TLS began; if it does not use TLS on this port, connect to the port that does, or set ${off}`;
  return CLIENT_REFUSED.test(code) || CLIENT_REFUSED_TEXT.test(message)
    ? `it refuses the client certificate, or requires one; set ${client} to one that its authority has issued`
    : null;
}

// The address of another server as srs.conf writes it: `host`, `host:port`, `[ipv6]:port`.

export interface Endpoint {
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** A port that is missing or nonsense is `defaultPort`. */
export function parseEndpoint(text: string, defaultPort: number): Endpoint {
  const match = /^\[(.*)\](?::(\d+))?$/.exec(text) ?? /^([^:]*)(?::(\d*))?$/.exec(text);
  // A bare IPv6 address has several colons and no brackets.
  if (match === null) return { host: text, port: defaultPort };
  const port = Number.parseInt(match[2] ?? '', 10);
  return { host: match[1] ?? '', port: port > 0 && port <= 65535 ? port : defaultPort };
}

/** `host:port`, with brackets where IPv6 needs them. */
export function endpointText({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

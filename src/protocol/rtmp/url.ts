// What an RTMP client wants, read from its tcUrl and stream name the way SRS 4.0 reads them
// (srs_protocol_utility.cpp, srs_discovery_tc_url), plus the forms that SRS 7 accepts in addition; and the way back,
// for clients.

export const DEFAULT_PORT = 1935;
export const DEFAULT_VHOST = '__defaultVhost__';
export const DEFAULT_APP = '__defaultApp__';

export interface RtmpUrl {
  /** `rtmp`, `rtmps`, …; empty if tcUrl has none, which is an error once a stream is asked for. */
  readonly schema: string;
  /** Host of tcUrl, without port. */
  readonly host: string;
  readonly port: number;
  /** From `vhost` or `domain` in the stream's or the app's parameters, else the host. */
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  /** From the first `?` on, with it; the stream's replace the app's. Empty if there are none. */
  readonly param: string;
}

/** A path with its parameters taken apart. */
interface ResolvedName {
  readonly name: string;
  readonly param: string;
  readonly vhost: string;
}

/**
 * Reads tcUrl, and the stream name if it is already known. An empty name is looked for in the app
 * (`rtmp://host/live/livestream`) and then in the parameters (`rtmp://host/live?k=v/livestream`), as in SRS 7.
 * Never fails: what is missing stays empty.
 */
export function discoverUrl(tcUrl: string, stream?: string): RtmpUrl {
  const { schema, hostPort, path } = splitTcUrl(tcUrl);
  const { host, port } = splitHostPort(hostPort);
  let app = resolveName(path === '' ? DEFAULT_APP : path);
  let named = resolveName(stream ?? '');
  if (stream !== undefined && trimSlashes(named.name) === '') [app, named] = guessStream(app, named);
  const param = named.param || app.param;
  return {
    schema,
    host: withoutBlanks(host).replaceAll('/', ''),
    port,
    vhost: withoutBlanks(named.vhost || app.vhost || host).replaceAll('/', ''),
    app: trimSlashes(withoutBlanks(app.name)),
    stream: trimSlashes(withoutBlanks(named.name)),
    param: param === `?vhost=${DEFAULT_VHOST}` ? '' : param,
  };
}

/** tcUrl of a client: the vhost stands for the host, unless it is the default one. */
export function encodeTcUrl(host: string, vhost: string, app: string, port: number): string {
  const name = vhost === DEFAULT_VHOST || vhost === '' ? host : vhost;
  const bracketed = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
  return `rtmp://${bracketed}${port === DEFAULT_PORT ? '' : `:${port}`}/${app}`;
}

/**
 * Stream name with its parameters for a client. With `withVhost`, `vhost=` is added when the parameters have none
 * and the other side could not find the vhost by the host (SRS: srs_generate_stream_with_query); without, it is
 * taken out.
 */
export function encodeStreamWithQuery(
  host: string,
  vhost: string,
  stream: string,
  param: string,
  withVhost = true,
): string {
  const pairs = param
    .replace(/^[?&]+/, '')
    .split('&')
    .filter((pair) => pair !== '');
  const others = withVhost ? pairs : pairs.filter((pair) => !pair.startsWith('vhost='));
  if (withVhost && !pairs.some((pair) => pair.startsWith('vhost='))) {
    const guessed = vhost !== DEFAULT_VHOST ? vhost : isIpv4(host) ? '' : host;
    if (guessed !== '') others.push(`vhost=${guessed}`);
  }
  return others.length === 0 ? stream : `${stream}?${others.join('&')}`;
}

/** Is it four decimal numbers with dots? Names that are not need their vhost written out. */
export function isIpv4(host: string): boolean {
  return /^(\d{1,3}\.){3}\d{1,3}$/.test(host);
}

function splitTcUrl(tcUrl: string): { schema: string; hostPort: string; path: string } {
  const colon = tcUrl.indexOf('://');
  const schema = colon < 0 ? '' : tcUrl.slice(0, colon);
  const rest = colon < 0 ? tcUrl : tcUrl.slice(colon + 3);
  const slash = rest.indexOf('/');
  // `rtmp://host` without any slash: SRS 4.0 takes the host for the app, SRS 7 does as here.
  if (slash < 0) return { schema, hostPort: rest, path: '' };
  return { schema, hostPort: rest.slice(0, slash), path: rest.slice(slash + 1) };
}

/** `host`, `host:port`, `[ipv6]:port`, `[ipv6]` or a bare IPv6 address. Port 0 or nonsense is the default port. */
function splitHostPort(hostPort: string): { host: string; port: number } {
  const match = /^\[(.*)\](?::(\d*))?$/.exec(hostPort) ?? /^([^:]*):([^:]*)$/.exec(hostPort);
  if (match === null) return { host: hostPort, port: DEFAULT_PORT };
  const port = Number.parseInt(match[2] ?? '', 10);
  return { host: match[1] ?? '', port: port > 0 && port <= 65535 ? port : DEFAULT_PORT };
}

/** One path: parameters from the first `?`; the name ends there, or at any of the other marks that SRS knows. */
function resolveName(path: string): ResolvedName {
  const question = path.indexOf('?');
  const param = question < 0 ? '' : path.slice(question);
  const marked = path.replace(/,|\.\.\.|&&?|=/g, '?').replace(/\/_definst_$/, '');
  const end = marked.indexOf('?');
  const name = end < 0 ? marked : marked.slice(0, end);
  return {
    name: name.replace(/\/_definst_$/, ''),
    param,
    vhost: end < 0 ? '' : vhostIn(marked.slice(end + 1)),
  };
}

/** The word behind `vhost`, else behind `domain`, in parameters whose separators are all `?`. */
function vhostIn(words: string): string {
  const match = /vhost\?([^?/]+)/.exec(words) ?? /domain\?([^?/]+)/.exec(words);
  return match?.[1] ?? '';
}

/** SRS 7, srs_guess_stream_by_app: encoders like OBS with the whole URL as server and no stream key. */
function guessStream(app: ResolvedName, named: ResolvedName): [ResolvedName, ResolvedName] {
  const name = trimSlashes(app.name);
  const slash = name.indexOf('/');
  if (slash > 0)
    return [
      { ...app, name: name.slice(0, slash) },
      { ...named, name: name.slice(slash + 1) },
    ];
  const inParam = app.param.indexOf('/');
  if (inParam < 0) return [app, named];
  const stream = app.param.slice(inParam + 1);
  return [
    { ...app, param: app.param.slice(0, inParam) },
    { ...named, name: stream },
  ];
}

function withoutBlanks(text: string): string {
  return text.replace(/[ \n\r\t]/g, '');
}

function trimSlashes(text: string): string {
  return text.replace(/^\/+|\/+$/g, '');
}

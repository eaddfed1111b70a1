// Calls of the HTTP API. The console may stand on another port than the API, as in SRS: 8080 and 1985.

import { store, stored } from '../assets/texts.js';

/** SRS's own console takes `schema`, `host`, `port` (of the API) and `http` (of streams), also behind the `#`. */
function parameters() {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of new URLSearchParams(location.hash.split('?')[1] ?? '')) query.set(name, value);
  return query;
}

/** The API cannot be reached, or has refused. `code` is SRS's number if it has given one. */
export class ApiFailure extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

export class LoginNeeded extends ApiFailure {}

export class Api {
  #base;
  #credentials = sessionValue('login');

  constructor(base) {
    this.#base = base;
  }

  get base() {
    return this.#base;
  }

  login(user, password) {
    this.#credentials = btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)));
    setSessionValue('login', this.#credentials);
  }

  /** Resolves with the answer if its code is 0; rejects with ApiFailure else. */
  async call(path, method = 'GET') {
    const headers = this.#credentials ? { Authorization: `Basic ${this.#credentials}` } : {};
    const answer = await this.#fetch(path, { method, headers, cache: 'no-store' });
    if (answer.code !== 0) throw new ApiFailure(`code ${answer.code}`, answer.code);
    return answer;
  }

  async #fetch(path, options) {
    try {
      const response = await fetch(`${this.#base}${path}`, options);
      if (response.status === 401) throw new LoginNeeded('401');
      if (response.ok) return await response.json();
      throw new ApiFailure(`HTTP ${response.status}`);
    } catch (error) {
      throw error instanceof ApiFailure ? error : new ApiFailure(String(error));
    }
  }

  async summaries() {
    return this.call('/api/v1/summaries');
  }

  async streams(start, count) {
    return (await this.call(`/api/v1/streams/?start=${start}&count=${count}`)).streams;
  }

  async clients(start, count) {
    return (await this.call(`/api/v1/clients/?start=${start}&count=${count}`)).clients;
  }

  async vhosts() {
    return (await this.call('/api/v1/vhosts/')).vhosts;
  }

  async kick(id) {
    return this.call(`/api/v1/clients/${encodeURIComponent(id)}`, 'DELETE');
  }
}

/**
 * What the server of this page says about its ports; {} if it is another web server. `here` is what the port of
 * this page serves: `api`, `media` or `all`.
 */
async function ports() {
  const response = await fetch('ports.json', { cache: 'no-store' }).catch(() => undefined);
  return response?.ok ? response.json() : {};
}

/** Addresses to try, the likeliest first: ports may be mapped to others on the way here. */
export async function candidates() {
  const query = parameters();
  const { protocol, hostname, origin } = location;
  const schema = query.get('schema') ?? protocol.replace(':', '');
  const host = query.get('host') ?? hostname;
  const asked = query.get('port');
  if (asked !== null || query.has('host')) return [`${schema}://${host}:${asked ?? 1985}`];
  const { here = 'media', http_api: plain, https_api: secure } = await ports();
  const isTls = protocol === 'https:';
  const at = (port) => (port > 0 ? `${protocol}//${hostname}:${port}` : '');
  const own = here === 'media' ? '' : origin;
  const usual = [stored('api'), at(isTls ? 1990 : 1985), origin];
  return [...new Set([own, at(isTls ? secure : plain), ...usual])].filter(Boolean);
}

/** The first address that answers like the API. Rejects if none does. */
export async function findApi(addresses) {
  let failure = new Error('no address');
  for (const address of addresses) {
    const api = new Api(address.replace(/\/+$/, ''));
    try {
      await api.call('/api/v1/vhosts/');
    } catch (error) {
      if (!(error instanceof LoginNeeded)) {
        failure = error;
        continue;
      }
    }
    store('api', api.base);
    return api;
  }
  throw failure;
}

/** Where streams are: on the port of this page, unless it is the API's alone. */
export async function findMedia() {
  const { protocol, hostname, origin } = location;
  const asked = parameters().get('http');
  if (asked !== null) return `${protocol}//${hostname}:${asked}`;
  const { here, http_server: plain, https_server: secure } = await ports();
  const port = protocol === 'https:' ? secure : plain;
  return here === 'api' && port > 0 ? `${protocol}//${hostname}:${port}` : origin;
}

function sessionValue(key) {
  try {
    return sessionStorage.getItem(`tsrs.${key}`);
  } catch {
    return null;
  }
}

function setSessionValue(key, value) {
  try {
    sessionStorage.setItem(`tsrs.${key}`, value);
  } catch {
    // Then it is asked again on the next page.
  }
}

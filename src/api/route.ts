// One route of the API: its path and sentence, what it answers, and how. The table of all routes is made of these;
// everything that belongs to HTTP (JSONP, status codes, heads) is done once, in api-server.ts.

import type { ApiContext } from './api-context.ts';
import { encodeFields } from './schema/encode.ts';
import { type Fields, type FieldValues, int, text } from './schema/schema.ts';

export interface ApiRequest {
  /** Upper case; a JSONP `method` has replaced the real one. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Host of the request, without port. */
  readonly host: string;
  /** What the path's `:id` stands for, '' without one. */
  readonly id: string;
  readonly query: Readonly<Record<string, string | undefined>>;
}

export type ApiAnswer<V> =
  | { readonly type: 'data'; readonly value: V }
  /** HTTP 200 with `{"code":N}` alone. */
  | { readonly type: 'failure'; readonly code: number }
  | { readonly type: 'redirect'; readonly status: 301 | 302; readonly location: string }
  | { readonly type: 'method-not-allowed' };

/** An answer whose data is JSON text already, head included. */
export type EncodedAnswer = ApiAnswer<string>;

export interface ApiRoute {
  readonly path: string;
  readonly says: string;
  /** Methods that mean something; others are answered like GET unless the route refuses them. */
  readonly documented: readonly string[];
  /** Name to sentence. */
  readonly query: Readonly<Record<string, string>>;
  /** All fields of the answer, the head's included. */
  readonly fields: Fields;
  handle(context: ApiContext, request: ApiRequest): EncodedAnswer;
}

interface RouteFacts<F extends Fields> {
  readonly path: string;
  readonly says: string;
  readonly documented?: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** The answer says `code` only, without `server`, `service` and `pid`. */
  readonly isHeadless?: boolean;
  /** Fields beside the head. */
  readonly fields: F;
  readonly handle: (context: ApiContext, request: ApiRequest) => ApiAnswer<FieldValues<F>>;
}

const codeField = { code: int('0 = success.') };
const headFields = {
  ...codeField,
  server: text('Id of this server, kept over restarts.'),
  service: text('Random id, new with each start.'),
  pid: text('Process id.'),
};

/** A route whose answers begin with the fields that all of them share. */
export function route<const F extends Fields>(facts: RouteFacts<F>): ApiRoute {
  const { path, says, documented = ['GET'], query = {}, isHeadless = false, fields, handle } = facts;
  const head: Fields = isHeadless ? codeField : headFields;
  return {
    path,
    says,
    documented,
    query,
    fields: { ...head, ...fields },
    handle: (context, request) => {
      const answer = handle(context, request);
      if (answer.type !== 'data') return answer;
      const { server, service, pid } = context.identity;
      const headText = encodeFields(head, { code: 0, server: server(), service, pid });
      return { type: 'data', value: joinObjects(headText, encodeFields(fields, answer.value)) };
    },
  };
}

/** `{"a":1}` and `{"b":2}` to `{"a":1,"b":2}`. */
function joinObjects(first: string, second: string): string {
  return second === '{}' ? first : `${first.slice(0, -1)},${second.slice(1)}`;
}

export function data<V>(value: V): ApiAnswer<V> {
  return { type: 'data', value };
}

/** `code` is one of SRS's error numbers: the answer is `{"code":N}` with status 200. */
export function failure(code: number): ApiAnswer<never> {
  return { type: 'failure', code };
}

export function redirect(status: 301 | 302, location: string): ApiAnswer<never> {
  return { type: 'redirect', status, location };
}

export const METHOD_NOT_ALLOWED: ApiAnswer<never> = { type: 'method-not-allowed' };

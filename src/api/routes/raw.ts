// The raw API: what it may do here, reloading, and what became of the last reload.

import type { ApiContext } from '../api-context.ts';
import { ERROR_CODE } from '../error-code.ts';
import { type ApiAnswer, type ApiRoute, data, failure, route } from '../route.ts';
import { type FieldValues, flag, int, list, object, optional, text } from '../schema/schema.ts';

const fields = {
  http_api: optional(
    object('rpc=raw: settings of the API.', {
      enabled: flag('Whether the API is on.'),
      listen: text('As in srs.conf.'),
      crossdomain: flag('Whether pages of other origins may call it.'),
      raw_api: object('The raw API.', {
        enabled: flag('Whether rpc other than raw is answered.'),
        allow_reload: flag('Whether rpc=reload is.'),
        allow_query: flag('Always false.'),
        allow_update: flag('Always false.'),
      }),
    }),
  ),
  data: optional(
    object('rpc=reload-fetch: the last reload, by whichever way it was asked for.', {
      err: int("SRS's error number, 0 = success."),
      msg: text('Success, or what is wrong.'),
      state: int('0 none yet, 10 parsing, 20 checking, 30 applying, 90 finished.'),
      rid: text('Random id, new with each reload.'),
    }),
  ),
};

type RawAnswer = ApiAnswer<FieldValues<typeof fields>>;

export const rawRoute: ApiRoute = route({
  path: '/api/v1/raw',
  says: 'Settings of the API, and reload.',
  query: { rpc: 'raw, reload or reload-fetch.' },
  isHeadless: true,
  fields,
  handle: (context, { query }) => {
    const { rpc } = query;
    const { http_api: settings } = context.config();
    if (rpc === 'raw') return rawSettings(context);
    if (!settings.raw_api.enabled) return failure(ERROR_CODE.rawDisabled);
    if (rpc === 'reload') return reload(context);
    if (rpc === 'reload-fetch') return lastReload(context);
    return failure(ERROR_CODE.rawRpcUnknown);
  },
});

function rawSettings(context: ApiContext): RawAnswer {
  const { enabled, listen, crossdomain, raw_api: raw } = context.config().http_api;
  const raw_api = {
    enabled: raw.enabled,
    allow_reload: raw.allow_reload,
    allow_query: false,
    allow_update: false,
  };
  return data({ http_api: { enabled, listen: listen.text, crossdomain, raw_api } });
}

function reload(context: ApiContext): RawAnswer {
  if (!context.config().http_api.raw_api.allow_reload) return failure(ERROR_CODE.rawDisabled);
  context.reload.request();
  return data({});
}

function lastReload({ reload: control }: ApiContext): RawAnswer {
  const { err, msg, state, rid } = control.state.last;
  return data({ data: { err, msg, state, rid } });
}

/** Not in SRS: what became of the last reload needs no permission. */
export const reloadRoute: ApiRoute = route({
  path: '/api/v1/reload',
  says: 'What became of the last reload.',
  fields: {
    data: object('The last reload, by whichever way it was asked for.', {
      err: int("SRS's error number, 0 = success."),
      msg: text('Success, or what is wrong.'),
      state: int('0 none yet, 10 parsing, 20 checking, 30 applying, 90 finished.'),
      rid: text('Random id, new with each reload.'),
      time_ms: int('When it started, Unix ms; 0 before the first.'),
      diagnostics: list('What is wrong, as file:line:column: error: text.', text('One of them.')),
    }),
  },
  handle: ({ reload: control }) => {
    const { err, msg, state, rid, timeMs, diagnostics } = control.state.last;
    return data({ data: { err, msg, state, rid, time_ms: timeMs, diagnostics } });
  },
});

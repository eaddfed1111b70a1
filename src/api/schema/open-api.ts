// The route table as an OpenAPI 3.0 document: what /api/v1/openapi.json answers.

import type { ApiRoute } from '../route.ts';
import type { Field, Fields } from './schema.ts';

type Json = Readonly<Record<string, unknown>>;

const ID_PARAMETER = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
const JSONP_PARAMETERS = [
  queryParameter('callback', 'JSONP: the answer is `callback(…)`; letters, digits, `.`, `_` and `-` only.'),
  queryParameter('method', 'With `callback`: GET, PUT, POST or DELETE in place of the real method.'),
];

/** @param version of the server */
export function openApiDocument(routes: readonly ApiRoute[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    if (route.path.includes('*')) continue;
    const path = route.path.replace(':id', '{id}');
    paths[path] = Object.fromEntries(
      route.documented.map((method) => [method.toLowerCase(), operation(route)]),
    );
  }
  return {
    openapi: '3.0.3',
    info: {
      title: 'HTTP API',
      version,
      description:
        'Compatible with SRS. Failures are HTTP 200 with `{"code":N}`, N not 0, and nothing else; all answers allow JSONP.',
    },
    paths,
  };
}

function operation(route: ApiRoute): Json {
  const query = Object.entries(route.query).map(([name, says]) => queryParameter(name, says));
  const id = route.path.includes(':id') ? [ID_PARAMETER] : [];
  return {
    summary: route.says,
    parameters: [...id, ...query, ...JSONP_PARAMETERS],
    responses: {
      200: {
        description: 'code 0 and the data, or another code alone',
        content: { 'application/json': { schema: fieldsSchema(route.fields) } },
      },
    },
  };
}

function queryParameter(name: string, description: string): Json {
  return { name, in: 'query', description, schema: { type: 'string' } };
}

function fieldsSchema(fields: Fields): Json {
  const required = Object.keys(fields).filter((name) => fields[name]?.kind !== 'optional');
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)])),
    ...(required.length === 0 ? {} : { required }),
  };
}

function fieldSchema(field: Field): Json {
  switch (field.kind) {
    case 'int':
      return { type: 'integer', format: 'int64', description: field.says };
    case 'decimal':
      return { type: 'number', description: field.says };
    case 'text':
      return { type: 'string', description: field.says };
    case 'flag':
      return { type: 'boolean', description: field.says };
    case 'list':
      return { type: 'array', description: field.says, items: fieldSchema(field.of) };
    case 'object':
      return { ...fieldsSchema(field.fields), description: field.says };
    case 'nullable':
      return { ...fieldSchema(field.of), nullable: true };
    case 'optional':
      return fieldSchema(field.of);
    case 'free':
      return { description: field.says };
  }
}

// Checks an object against the Kubernetes API's schema, and that the schema knows every field of it: a field at a
// wrong indentation is one that nobody reads.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Typed {
  readonly apiVersion: string;
  readonly kind: string;
}

interface Validate {
  (data: unknown): boolean;
  readonly errors?: readonly { readonly instancePath: string; readonly params: object }[];
}

const require = createRequire(import.meta.url);

/** What is wrong with the manifest; empty if nothing is. */
export function problems(manifest: Typed): readonly string[] {
  const { apiVersion, kind } = manifest;
  if (/\d(alpha|beta)\d/.test(apiVersion)) return [`${apiVersion} may go with any release of Kubernetes`];
  const validate = schemaOf(apiVersion, kind);
  if (validate === undefined) return [`the API has no ${kind} in ${apiVersion}`];
  const unread: (() => readonly string[])[] = [];
  if (validate(watch(manifest, '', unread))) return unread.flatMap((list) => list());
  return (validate.errors ?? []).map((one) => `${one.instancePath}: ${JSON.stringify(one.params)}`);
}

/** The models' modules name the compiled schema that stands behind a kind. */
function schemaOf(apiVersion: string, kind: string): Validate | undefined {
  try {
    const exported = Object.keys(require(`kubernetes-models/${apiVersion}/${kind}`) as object);
    const schema = exported.find((name) => name.startsWith('IoK8s'));
    const file = join(dirname(require.resolve('kubernetes-models')), '_schemas', `${schema}.js`);
    return (require(file) as { readonly validate: Validate }).validate;
  } catch {
    return undefined;
  }
}

/** The same value, which notes the fields that the schema's code looks at; one that lists all fields knows them. */
function watch(value: unknown, path: string, unread: (() => readonly string[])[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => watch(item, `${path}/${index}`, unread));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([key, field]) => [key, watch(field, `${path}/${key}`, unread)]);
  const read = new Set<string | symbol>();
  let isMap = false;
  unread.push(() => {
    const unknown = isMap ? [] : Object.keys(value).filter((key) => !read.has(key));
    return unknown.map((key) => `${path}/${key}: not a field of the API`);
  });
  return new Proxy(Object.fromEntries(fields) as object, {
    get(target, key, receiver) {
      read.add(key);
      return Reflect.get(target, key, receiver);
    },
    ownKeys(target) {
      isMap = true;
      return Reflect.ownKeys(target);
    },
  });
}

import { z } from 'zod';
import { operations, type Content, type Operation } from './operations.js';
import { registry } from './schemas.js';

type Json = Record<string, unknown>;

const REFERENCE = '#/components/schemas/';

function withoutMeta({ $schema: _schema, $id: _id, ...rest }: Json): Json {
  return rest;
}

function components(): Json {
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => `${REFERENCE}${id}` });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutMeta(schema as Json)]));
}

function schemaOf(schema: z.ZodType): Json {
  const known = registry.get(schema);
  return known
    ? { $ref: REFERENCE + known.id }
    : withoutMeta(z.toJSONSchema(schema, { io: 'input' }) as Json);
}

/** OpenAPI 3.1 describes bytes by a media type without a schema. */
function contentOf(content: Content, type = 'application/json'): Json {
  return 'json' in content ? { [type]: { schema: schemaOf(content.json) } } : { [content.type]: {} };
}

function parametersOf(object: z.ZodObject | undefined, place: 'path' | 'query'): Json[] {
  return Object.entries(object?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || !z.safeParse(schema as z.ZodType, undefined).success,
    schema: schemaOf(schema as z.ZodType),
  }));
}

function describe({ id, summary, tag, params, query, body, responses }: Operation): Json {
  const answers = Object.entries(responses).map(([status, { means, content }]) => [
    status,
    { description: means, ...(content && { content: contentOf(content) }) },
  ]);
  const contents = Object.entries(body ?? {}).map(([type, content]) => contentOf(content, type));
  return {
    operationId: id,
    summary,
    tags: [tag],
    parameters: [...parametersOf(params, 'path'), ...parametersOf(query, 'query')],
    ...(body && { requestBody: { required: true, content: Object.assign({}, ...contents) as Json } }),
    responses: Object.fromEntries(answers) as Json,
  };
}

/** The OpenAPI 3.1 document of the table of operations. @param version of the package */
export function openapiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const operation of Object.values<Operation>(operations))
    (paths[operation.path] ??= {})[operation.method] = describe(operation);
  return {
    openapi: '3.1.0',
    info: { title: 'Lopper', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: components() },
  };
}

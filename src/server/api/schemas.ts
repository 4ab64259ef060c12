/** What requests and responses of the API hold. Validation and the OpenAPI document are both made from these. */
import { z } from 'zod';

/** Every schema of the document has a name there. */
export const registry = z.registry<{ id: string }>();

function named<T extends z.ZodType>(id: string, schema: T): T {
  registry.add(schema, { id });
  return schema;
}

const bytes = z.int().min(0).describe('bytes');
const fraction = z.number().min(0).max(1);
const shape = z.array(z.int().min(1)).describe('without batch, channels last');
const url = z.string().describe('path on this server');
const time = z.iso.datetime();

/** The name of a model, of a version or of a data set; also a name in the file system, so no path and nothing hidden. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_][\w.-]{0,99}$/, 'a name of up to 100 letters, digits, ., _ and -');

export const failureSchema = named(
  'Failure',
  z.strictObject({ error: z.string().describe('what: expected, got; what to do') }),
);

const factors = z.union([z.number(), z.array(z.number())]);

export const preprocessingSchema = named(
  'Preprocessing',
  z
    .looseObject({ scale: factors, offset: factors, layout: z.enum(['hwc', 'chw']).optional() })
    .describe('input = stored * scale + offset'),
);

const versionSchema = named(
  'ModelVersion',
  z.strictObject({
    id: nameSchema,
    url,
    bytes,
    dtype: z.enum(['int8', 'f32', 'mixed']),
    params: z.int().min(0).describe('weights'),
    kept: z.int().min(0).describe('weights that were not pruned'),
    sparsity: fraction.nullable(),
    accuracy: fraction.nullable(),
    report: url.nullable(),
  }),
);

const modelSchema = named(
  'Model',
  z.strictObject({
    name: nameSchema,
    title: z.string(),
    labels: z.array(z.string()).nullable(),
    inputShape: shape,
    preprocessing: preprocessingSchema.nullable(),
    dense: z.strictObject({
      url,
      format: z.literal('tfjs-layers'),
      bytes: bytes.describe('model.json and all its shards'),
      accuracy: fraction.nullable(),
      params: z.int().min(0).nullable(),
      onnx: z.strictObject({ url, bytes }).nullable(),
    }),
    versions: z.array(versionSchema).describe('most kept weights first'),
  }),
);

const brokenModelSchema = named('BrokenModel', z.strictObject({ name: z.string(), error: z.string() }));

export const modelListSchema = named(
  'ModelList',
  z.strictObject({ models: z.array(z.union([modelSchema, brokenModelSchema])) }),
);

export const inferQuerySchema = z.object({ model: nameSchema, version: nameSchema.default('model') });

export const inferRequestSchema = named(
  'InferRequest',
  z.strictObject({
    model: nameSchema,
    version: nameSchema.default('model'),
    input: z.array(z.number()).describe('network input, row-major, channels last'),
  }),
);

export const inferReplySchema = named(
  'InferReply',
  z.strictObject({
    model: nameSchema,
    version: nameSchema,
    outputs: z.array(z.strictObject({ name: z.string(), shape, values: z.array(z.number()) })),
    top: z
      .array(z.strictObject({ index: z.int().min(0), label: z.string().nullable(), score: z.number() }))
      .describe('greatest values of the first output'),
    ms: z.number().min(0).describe('of the inference alone'),
  }),
);

const recipe = z.record(z.string(), z.unknown()).describe('docs/recipes.md');

export const recipeListSchema = named(
  'RecipeList',
  z.strictObject({
    presets: z.array(
      z.strictObject({
        id: nameSchema,
        title: z.string(),
        description: z.string(),
        needsData: z.boolean(),
        recipe,
      }),
    ),
    schema: z.record(z.string(), z.unknown()).describe('JSON Schema of a recipe'),
  }),
);

export const datasetListSchema = named(
  'DatasetList',
  z.strictObject({
    datasets: z.array(
      z.strictObject({
        name: nameSchema,
        title: z.string(),
        samples: z.int().min(0),
        classes: z.int().min(0),
        inputShape: shape,
      }),
    ),
  }),
);

export const jobStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;

export const jobSchema = named(
  'Job',
  z.strictObject({
    id: z.string(),
    name: z.string(),
    state: z.enum(jobStates),
    created: time,
    started: time.nullable(),
    ended: time.nullable(),
    queue: z.int().min(1).nullable().describe('place in the queue, from 1'),
    progress: z
      .strictObject({
        phase: z.string(),
        done: z.number().min(0),
        total: z.number().min(0),
        message: z.string().nullable(),
      })
      .nullable(),
    error: z.string().nullable(),
    result: z
      .strictObject({
        model: url,
        report: url,
        bytes,
        denseBytes: bytes.describe('of the weights as f32'),
        sparsity: fraction,
        baseline: fraction.nullable().describe('accuracy of the original on the test samples'),
        final: fraction.nullable().describe('accuracy of the file'),
        seconds: z.number().min(0),
      })
      .nullable(),
  }),
);

/** Text fields of a job's multipart body; empty ones count as absent. */
export const jobFieldsSchema = z.strictObject({
  recipe: z.string().max(65536).optional(),
  preset: nameSchema.optional(),
  dataset: nameSchema.optional(),
  name: z.string().max(100).optional(),
});

export const jobRequestSchema = named(
  'JobRequest',
  jobFieldsSchema.extend({
    model: z
      .array(z.string().meta({ format: 'binary' }))
      .describe('one model: model.json with its shards, .h5, .keras, .tflite or .onnx'),
    recipe: z.string().describe('JSON text; or name a preset').optional(),
    dataset: z.string().describe('empty for recipes that need no data').optional(),
  }),
);

export const jobListSchema = named('JobList', z.strictObject({ jobs: z.array(jobSchema) }));

export const jobIdSchema = z.object({ id: z.string().regex(/^[\w-]{16}$/, '16 letters and digits') });

export const runtimes = [
  'lopper',
  'lopper-relaxed',
  'lopper-threads',
  'reference',
  'tfjs-wasm',
  'ort-web',
] as const;

const text = (most: number) => z.string().max(most);
const milliseconds = z.number().positive().max(600_000);

const deviceSchema = named(
  'Device',
  z.strictObject({
    userAgent: text(400),
    cores: z.int().min(1).max(4096),
    memoryGb: z.number().positive().max(65536).nullable(),
    platform: text(100),
    mobile: z.boolean(),
    name: text(60).optional(),
  }),
);

const resultSchema = named(
  'MeasurementResult',
  z.strictObject({
    model: nameSchema,
    version: nameSchema,
    runtime: z.enum(runtimes),
    threads: z.int().min(1).max(1024),
    median_ms: milliseconds,
    p95_ms: milliseconds,
    min_ms: milliseconds,
    runs: z.int().min(1).max(1_000_000),
    bytes: z.int().min(0).max(1e12).describe('transferred: model and runtime'),
  }),
);

export const measurementRequestSchema = named(
  'MeasurementRequest',
  z.strictObject({ device: deviceSchema, results: z.array(resultSchema).min(1).max(200) }),
);

export const measurementIdSchema = named('MeasurementId', z.strictObject({ id: z.int().min(1) }));

export const measurementQuerySchema = z.object({
  model: nameSchema.optional(),
  runtime: z.enum(runtimes).optional(),
});

export const measurementListSchema = named(
  'MeasurementList',
  z.strictObject({
    measurements: z
      .array(
        z.strictObject({
          id: z.int().min(1),
          created: time,
          device: deviceSchema,
          results: z.array(resultSchema).min(1),
        }),
      )
      .describe('latest first'),
  }),
);

export const healthSchema = named(
  'Health',
  z.strictObject({ status: z.enum(['ok', 'starting', 'stopping']) }),
);

export type Job = z.output<typeof jobSchema>;
export type JobResult = NonNullable<Job['result']>;
export type JobProgress = NonNullable<Job['progress']>;
export type ModelEntry = z.output<typeof modelSchema>;
export type ModelVersion = z.output<typeof versionSchema>;
export type BrokenModel = z.output<typeof brokenModelSchema>;
export type InferReply = z.output<typeof inferReplySchema>;
export type RecipePreset = z.output<typeof recipeListSchema>['presets'][number];
export type DatasetEntry = z.output<typeof datasetListSchema>['datasets'][number];
export type MeasurementRequest = z.output<typeof measurementRequestSchema>;
export type Measurement = z.output<typeof measurementListSchema>['measurements'][number];
export type MeasurementQuery = z.output<typeof measurementQuerySchema>;

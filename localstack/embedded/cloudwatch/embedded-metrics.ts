import { z } from 'zod';
import type { MetricDatum } from '#embedded/services.ts';

/**
 * root => { _aws: { Timestamp, CloudWatchMetrics: [directive] }, <dimension>: text, <metric>: number | [number] }
 * directive => { Namespace, Dimensions: [[dimension]], Metrics: [{ Name, Unit, StorageResolution }] }
 * Source: Amazon CloudWatch, "Specification: Embedded metric format", with its limits.
 */
const directiveModel = z.object({
  Namespace: z.string().min(1).max(1024),
  Dimensions: z.array(z.array(z.string()).max(30)).min(1),
  Metrics: z.array(z.object({ Name: z.string().min(1).max(1024) })).max(100),
});
const metadataModel = z.object({
  Timestamp: z.int(),
  CloudWatchMetrics: z.array(directiveModel),
});
type Directive = z.infer<typeof directiveModel>;

const dimensionValue = z.string().min(1).max(1024);
const metricValue = z.union([z.number(), z.array(z.number()).max(100)]);

/** Sorts out most lines without parsing them. */
const MARKER = '"CloudWatchMetrics"';

/** The measurements in one line of a function's output; none when it is an ordinary line, or malformed in any part. */
export function readEmbeddedMetrics(line: string): readonly MetricDatum[] {
  if (!line.includes(MARKER)) return [];
  const root = parseObject(line);
  if (root === null) return [];
  const metadata = metadataModel.safeParse(root['_aws']);
  if (!metadata.success) return [];
  const { Timestamp: atMs, CloudWatchMetrics: directives } = metadata.data;
  const data: MetricDatum[] = [];
  for (const directive of directives) {
    const read = readDirective(directive, root, atMs);
    if (read === null) return [];
    data.push(...read);
  }
  return data;
}

/** Null when a dimension or a value that the directive names is not in the root, or of another type. */
function readDirective(
  directive: Directive,
  root: Readonly<Record<string, unknown>>,
  atMs: number,
): readonly MetricDatum[] | null {
  const data: MetricDatum[] = [];
  for (const set of directive.Dimensions) {
    const dimensions = pick(set, root);
    if (dimensions === null) return null;
    for (const { Name: name } of directive.Metrics) {
      const values = metricValue.safeParse(own(root, name));
      if (!values.success) return null;
      for (const value of [values.data].flat()) {
        data.push({ namespace: directive.Namespace, name, dimensions, value, atMs });
      }
    }
  }
  return data;
}

function pick(
  names: readonly string[],
  root: Readonly<Record<string, unknown>>,
): Record<string, string> | null {
  const dimensions = new Map<string, string>();
  for (const name of names) {
    const value = dimensionValue.safeParse(own(root, name));
    if (!value.success) return null;
    dimensions.set(name, value.data);
  }
  return Object.fromEntries(dimensions);
}

/** `toString` and the like are no member of a document. */
function own(root: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(root, name) ? root[name] : undefined;
}

function parseObject(line: string): Readonly<Record<string, unknown>> | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  return value as Readonly<Record<string, unknown>>;
}

import type { LimitCheck } from './limit-check.ts';
import type { StackTemplate } from './template-resources.ts';

/** Properties that hold a name, and the longest one the service takes. Source: API reference of each service. */
const NAME_LIMITS: Readonly<Record<string, readonly [property: string, maxLength: number]>> = {
  'AWS::Lambda::Function': ['FunctionName', 64],
  'AWS::Kinesis::Stream': ['Name', 128],
  'AWS::S3::Bucket': ['BucketName', 63],
  'AWS::DynamoDB::Table': ['TableName', 255],
  'AWS::SQS::Queue': ['QueueName', 80],
  'AWS::SNS::Topic': ['TopicName', 256],
  'AWS::Scheduler::Schedule': ['Name', 64],
  'AWS::Events::Rule': ['Name', 64],
  'AWS::CloudWatch::Alarm': ['AlarmName', 255],
  'AWS::Athena::WorkGroup': ['Name', 128],
  'AWS::Logs::LogGroup': ['LogGroupName', 512],
  'AWS::IAM::Role': ['RoleName', 64],
};

/** Longest account id and region name that a template joins into a name. */
const LONGEST_VALUES: Readonly<Record<string, number>> = {
  'AWS::AccountId': 12,
  'AWS::Region': 'ap-southeast-1'.length,
};

/** Source: AWS CloudFormation quotas. */
export const MAX_STACK_RESOURCES = 500;

interface NamedResource {
  readonly type: string;
  readonly name: string;
  readonly length: number;
  readonly maxLength: number;
}

/** The name of each kind that comes closest to its limit, and the fullest stack. */
export function checkTemplates(templates: readonly StackTemplate[]): readonly LimitCheck[] {
  const named = templates.flatMap(({ resources }) =>
    resources.flatMap(({ type, properties }) => nameOf(type, properties)),
  );
  const longest = [...Map.groupBy(named, ({ type }) => type).values()].flatMap(
    (all) => all.toSorted((a, b) => b.length - a.length)[0] ?? [],
  );
  const tooLong = named.filter(({ length, maxLength }) => length > maxLength);
  return [...nameChecks(longest, tooLong), ...stackChecks(templates)];
}

function nameChecks(
  longest: readonly NamedResource[],
  tooLong: readonly NamedResource[],
): readonly LimitCheck[] {
  if (tooLong.length > 0) {
    return tooLong.map(({ type, name, length, maxLength }) => ({
      domain: null,
      subject: `name of ${type}`,
      state: 'broken',
      figures: `${name} has ${length} of ${maxLength} characters`,
      advice: 'shorten the name of the platform, the environment, the domain or the connector',
    }));
  }
  const [closest] = longest.toSorted((a, b) => b.length / b.maxLength - a.length / a.maxLength);
  if (closest === undefined) return [];
  const { type, name, length, maxLength } = closest;
  const figures = `${length} of ${maxLength} characters, closest to its limit: ${name} (${type})`;
  return [{ domain: null, subject: 'names', state: 'ok', figures, advice: null }];
}

function stackChecks(templates: readonly StackTemplate[]): readonly LimitCheck[] {
  const [largest] = templates.toSorted((a, b) => b.resources.length - a.resources.length);
  if (largest === undefined) return [];
  const { stack, resources } = largest;
  const fits = resources.length <= MAX_STACK_RESOURCES;
  return [
    {
      domain: null,
      subject: 'resources of a stack',
      state: fits ? 'ok' : 'broken',
      figures: `the largest, ${stack}, has ${resources.length} of ${MAX_STACK_RESOURCES}`,
      advice: fits ? null : 'split the domain',
    },
  ];
}

function nameOf(
  type: string,
  properties: Readonly<Record<string, unknown>>,
): readonly NamedResource[] {
  const limit = NAME_LIMITS[type];
  if (limit === undefined) return [];
  const [property, maxLength] = limit;
  const name = nameText(properties[property]);
  return name === null ? [] : [{ type, name: name.text, length: name.length, maxLength }];
}

interface NameText {
  readonly text: string;
  /** With the longest value in each place that is filled at deployment. */
  readonly length: number;
}

/** A name as it stands in a template: text, or `Fn::Join` over text and pseudo parameters. */
function nameText(value: unknown): NameText | null {
  if (typeof value === 'string') return { text: value, length: value.length };
  const join = (value as { readonly 'Fn::Join'?: unknown } | null | undefined)?.['Fn::Join'];
  if (!Array.isArray(join) || !Array.isArray(join[1])) return null;
  const parts = join[1].map(partText);
  const separator = String(join[0]);
  if (parts.some((part) => part === null)) return null;
  const known = parts.filter((part) => part !== null);
  const length = known.reduce((sum, part) => sum + part.length, 0);
  return {
    text: known.map(({ text }) => text).join(separator),
    length: length + separator.length * (known.length - 1),
  };
}

function partText(part: unknown): NameText | null {
  if (typeof part === 'string') return { text: part, length: part.length };
  const ref = (part as { readonly Ref?: unknown } | null)?.Ref;
  const length = typeof ref === 'string' ? LONGEST_VALUES[ref] : undefined;
  return length === undefined ? null : { text: `<${String(ref)}>`, length };
}

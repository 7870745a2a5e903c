import type { Domain } from './project.ts';

/** What shares one stream of the buffer: all streams of a domain, those of a category, or one alone. */
export interface Topic {
  /** Category or stream it is named after; null when all of the domain share it. */
  readonly name: string | null;
  /** Names of the streams, in the order of the domain file. */
  readonly streams: readonly string[];
}

/** The topics of a domain, in the order in which its streams first name them. */
export function topicsOf(domain: Pick<Domain, 'topics' | 'streams'>): readonly Topic[] {
  const topicOf = (stream: Domain['streams'][number]): string | null => {
    if (domain.topics === 'domain') return null;
    return domain.topics === 'category' ? stream.category : stream.name;
  };
  const groups = Map.groupBy(domain.streams, topicOf);
  return [...groups].map(([name, streams]) => ({
    name,
    streams: streams.map((each) => each.name),
  }));
}

/**
 * Name of a topic's Kinesis stream: `prod-market`, `prod-market-market.tick`, `prod-market-trade`. Sources in
 * table metadata name it, so it never changes. Domain and stream names have no hyphen: no two topics meet.
 */
export function kinesisStreamName(
  environment: string,
  domain: string,
  topic: Pick<Topic, 'name'>,
): string {
  return [environment, domain, ...(topic.name === null ? [] : [topic.name])].join('-');
}

/**
 * Name of a topic on Kafka: `prod.market`, `prod.market.market.tick`, `prod.market.trade`. Sources in table metadata name
 * it, so it never changes. Kafka itself refuses a topic that differs from another only in `.` and `_`.
 */
export function kafkaTopicName(
  environment: string,
  domain: string,
  topic: Pick<Topic, 'name'>,
): string {
  return [environment, domain, ...(topic.name === null ? [] : [topic.name])].join('.');
}

/** Name of a topic in the domain's buffer: a Kinesis stream or a Kafka topic. */
export function bufferStreamName(
  environment: string,
  domain: Pick<Domain, 'name' | 'buffer'>,
  topic: Pick<Topic, 'name'>,
): string {
  const nameOf = domain.buffer === 'kafka' ? kafkaTopicName : kinesisStreamName;
  return nameOf(environment, domain.name, topic);
}

/** The stream of the buffer that carries a stream of a domain. Throws RangeError for a stream the domain does not have. */
export function bufferStreamOf(environment: string, domain: Domain, stream: string): string {
  const topic = topicsOf(domain).find(({ streams }) => streams.includes(stream));
  if (topic === undefined) throw new RangeError(`domain ${domain.name} has no stream ${stream}`);
  return bufferStreamName(environment, domain, topic);
}

/** Every stream of a domain's buffer. */
export function bufferStreamsOf(environment: string, domain: Domain): readonly string[] {
  return topicsOf(domain).map((topic) => bufferStreamName(environment, domain, topic));
}

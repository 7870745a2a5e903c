import type { Domain, Project } from './project.ts';
import { bufferStreamName, topicsOf } from './topic.ts';

/** Where a Kafka topic is, and which of those that bore its name. */
export interface TopicPlace {
  /** Null for the cluster of the environment, whose ARN only its stack knows. */
  readonly clusterArn: string | null;
  readonly generation: number;
}

/** Every Kafka topic of an environment, by its name. */
export function kafkaTopics(
  project: Pick<Project, 'environment' | 'domains'>,
): ReadonlyMap<string, TopicPlace> {
  return new Map(
    project.domains.flatMap((domain) => topicPlaces(project.environment.name, domain)),
  );
}

function topicPlaces(
  environment: string,
  domain: Domain,
): readonly (readonly [string, TopicPlace])[] {
  if (domain.buffer !== 'kafka') return [];
  const { clusterArn, generation } = domain.kafka;
  return topicsOf(domain).map((topic) => [
    bufferStreamName(environment, domain, topic),
    { clusterArn, generation },
  ]);
}

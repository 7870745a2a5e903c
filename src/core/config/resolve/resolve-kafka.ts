import type { KafkaClusterInput, KafkaInput } from '../model/kafka-model.ts';
import type { KafkaClusterSettings, KafkaSettings } from '../project.ts';

export function resolveKafka(input: KafkaInput): KafkaSettings {
  const { pollers, network } = input;
  return {
    clusterArn: input.cluster_arn ?? null,
    network:
      network === undefined || network === null
        ? null
        : { subnets: network.subnets, securityGroups: network.security_groups },
    partitions: input.partitions,
    replication: input.replication,
    minInSync: input.min_insync,
    pollers: pollers === 'none' ? null : { min: pollers.min, max: pollers.max },
    validate: input.validate ?? false,
    generation: input.generation,
  };
}

export function resolveKafkaCluster(input: KafkaClusterInput): KafkaClusterSettings {
  return {
    version: input.version,
    broker: input.broker,
    zones: input.zones,
    storageGb: input.storage / 1_000_000_000,
    vpc: input.vpc ?? null,
  };
}

/** What is missing for records to be validated by Lambda; null when nothing is, or they are not. */
export function validationProblem(
  { validate, pollers }: KafkaInput,
  options: { readonly registry: string; readonly where: string },
): string | null {
  const { registry, where } = options;
  if (validate !== true || (pollers !== 'none' && registry === 'glue')) return null;
  const got = pollers === 'none' ? 'pollers: none' : `schema_registry ${registry}`;
  return `expected pollers and schema_registry glue beside validate: true in ${where}, got ${got}; Lambda validates only with both`;
}

/** What is wrong with the copies of a topic's partitions; null when nothing is. */
export function replicationProblem(
  { replication, min_insync, cluster_arn }: KafkaInput,
  options: {
    readonly zones: number;
    readonly isThrowAway: boolean;
    readonly where: string;
  },
): string | null {
  const { zones, isThrowAway, where } = options;
  if (!isThrowAway && (replication < 3 || min_insync < 2)) {
    return `expected replication of at least 3 and min_insync of at least 2 in ${where}, got ${replication} and ${min_insync}; events are kept there, and fewer copies lose them with a broker (removal_policy: destroy allows it)`;
  }
  if (min_insync > replication || (replication > 1 && min_insync === replication)) {
    return `expected min_insync below replication in ${where}, got ${min_insync} of ${replication}; the first broker that is down would stop all writing`;
  }
  const isOwnCluster = (cluster_arn ?? null) === null;
  if (isOwnCluster && replication > zones) {
    return `expected replication of at most ${zones} in ${where}, as many as kafka_cluster.zones has brokers, got ${replication}`;
  }
  return null;
}

import { GetBootstrapBrokersCommand, type KafkaClient } from '@aws-sdk/client-kafka';
import { SluiceError } from '#core/errors.ts';

/** Brokers of an MSK cluster, and whether they want TLS with tokens of IAM. */
export interface ClusterAddress {
  readonly bootstrap: readonly string[];
  readonly auth: 'iam' | 'none';
}

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\]):\d+$/;

/**
 * Asks for the brokers of a cluster: those with IAM access control where it has them, plain text only on the own
 * machine. Throws SOURCE_UNAVAILABLE when MSK does not answer, FEATURE_UNSUPPORTED for a cluster without IAM.
 * Source: Amazon MSK API, GetBootstrapBrokers.
 */
export async function findCluster(
  client: KafkaClient,
  clusterArn: string,
): Promise<ClusterAddress> {
  const answer = await client
    .send(new GetBootstrapBrokersCommand({ ClusterArn: clusterArn }))
    .catch((cause: unknown) => {
      const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new SluiceError(
        'SOURCE_UNAVAILABLE',
        `cannot find the brokers of ${clusterArn}: ${reason}`,
        { cause },
      );
    });
  const withIam = brokersOf(answer.BootstrapBrokerStringSaslIam);
  if (withIam.length > 0) return { bootstrap: withIam, auth: 'iam' };
  const plain = brokersOf(answer.BootstrapBrokerString);
  if (plain.length > 0 && plain.every((broker) => LOOPBACK.test(broker))) {
    return { bootstrap: plain, auth: 'none' };
  }
  throw new SluiceError(
    'FEATURE_UNSUPPORTED',
    `cluster ${clusterArn} has no brokers with IAM access control; switch it on in the cluster`,
  );
}

function brokersOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').filter((broker) => broker !== '');
}

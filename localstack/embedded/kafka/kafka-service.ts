import type { IncomingMessage, ServerResponse } from 'node:http';
import { Admin } from '@platformatic/kafka';
import { SluiceError } from '#core/errors.ts';
import { type KafkaLog, openKafkaLog } from '#runtime/kafka-access.ts';
import type { StreamSource } from '../lambda/event-source/shard-reader.ts';
import type { HttpService, KafkaService, KafkaTopicConfig } from '../services.ts';
import { readBroker } from './broker/broker-file.ts';
import { createKafkaStreams } from './kafka-streams.ts';
import { TopicWatch } from './topic-watch.ts';

/** The service with its topics as mappings read them. */
export interface EmbeddedKafka extends KafkaService, HttpService {
  readonly streams: StreamSource;
}

const CLIENT_ID = 'sluice-local-cloud';

/** @param options.brokerFile what `npm run kafka:up` wrote; null when there is no broker */
export function createKafkaService(options: { readonly brokerFile: string | null }): EmbeddedKafka {
  const bootstrapServers = (): string => {
    const broker = options.brokerFile === null ? null : readBroker(options.brokerFile);
    if (broker !== null) return broker.bootstrap;
    throw new SluiceError(
      'USAGE',
      'a domain has buffer: kafka, and no broker runs here; start one with "npm run kafka:up" and run the same command again',
    );
  };
  let opened: KafkaLog | null = null;
  const log = (): KafkaLog => {
    opened ??= openKafkaLog({ bootstrap: [bootstrapServers()], tokens: null });
    return opened;
  };
  const watch = new TopicWatch(log);
  const streams = createKafkaStreams({ watch, log });
  return {
    streams,
    bootstrapServers,
    ensureTopic: async (config) => {
      await ensureTopic(bootstrapServers(), config);
      await watch.watch(config.name);
    },
    watch: async (topic) => {
      await watch.watch(topic);
    },
    refresh: () => watch.refresh(),
    handle: (request, response) => answer(request, response, bootstrapServers),
    close: async () => {
      watch.close();
      await streams.close();
      await opened?.close();
    },
  };
}

async function ensureTopic(bootstrap: string, config: KafkaTopicConfig): Promise<void> {
  const { name, partitions } = config;
  const admin = new Admin({ clientId: CLIENT_ID, bootstrapBrokers: [bootstrap], retries: 1 });
  try {
    const topics = await admin.listTopics();
    if (!topics.includes(name)) {
      await admin.createTopics({
        topics: [name],
        partitions,
        replicas: config.replication,
        configs: Object.entries(config.configs).map(([key, value]) => ({ name: key, value })),
      });
      return;
    }
    const known = (await admin.metadata({ topics: [name], forceUpdate: true })).topics.get(name);
    const present = known?.partitionsCount ?? partitions;
    if (present > partitions) {
      throw new SluiceError(
        'CONFIG_INVALID',
        `topic ${name} has ${present} partitions, the template ${partitions}; a topic only grows`,
      );
    }
    if (present < partitions) {
      await admin.createPartitions({ topics: [{ name, count: partitions }] });
    }
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError(
      'USAGE',
      `the broker on ${bootstrap} does not give topic ${name}: ${reason}; is it up? npm run kafka:up`,
      { cause },
    );
  } finally {
    await admin.close();
  }
}

const BOOTSTRAP_PATH = /^\/v1\/clusters\/([^/]+)\/bootstrap-brokers$/;
const CLUSTER_PATH = /^\/api\/v2\/clusters\/([^/]+)$/;

/** Source: Amazon MSK API, GetBootstrapBrokers, DescribeClusterV2. */
function answer(
  request: IncomingMessage,
  response: ServerResponse,
  bootstrapServers: () => string,
): void {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const write = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  try {
    if (request.method === 'GET' && BOOTSTRAP_PATH.test(path)) {
      write(200, { bootstrapBrokerString: bootstrapServers() });
      return;
    }
    const cluster = request.method === 'GET' ? CLUSTER_PATH.exec(path)?.[1] : undefined;
    if (cluster !== undefined) {
      const clusterArn = decodeURIComponent(cluster);
      const clusterName = clusterArn.split('/')[1];
      write(200, {
        clusterInfo: { clusterArn, clusterName, clusterType: 'PROVISIONED', state: 'ACTIVE' },
      });
      return;
    }
    const message = `${request.method} ${path} of Amazon MSK is not emulated`;
    response.setHeader('x-amzn-errortype', 'NotFoundException');
    write(404, { message, invalidParameter: 'path' });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    response.setHeader('x-amzn-errortype', 'ServiceUnavailableException');
    write(503, { message });
  }
}

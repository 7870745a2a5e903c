/** Ports of 127.0.0.1 and folders that one broker runs with. */
export interface BrokerPlace {
  readonly port: number;
  readonly controllerPort: number;
  readonly dataFolder: string;
}

/**
 * server.properties of a single KRaft node that only this machine reaches. Topics are created by their template, never by
 * a producer's mistake, and the broker's clock says when a record arrived, as in the topics of the template.
 * Source: Apache Kafka 4.1, broker configs.
 */
export function brokerSettings({ port, controllerPort, dataFolder }: BrokerPlace): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataFolder,
    'auto.create.topics.enable': 'false',
    'log.message.timestamp.type': 'LogAppendTime',
    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escapeValue(value)}\n`)
    .join('');
}

/** Log4j 2 configuration: warnings and what the broker says of itself, to standard output. */
export const LOG_SETTINGS = `rootLogger.level=WARN
rootLogger.appenderRef.out.ref=OUT
appender.out.type=Console
appender.out.name=OUT
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n
logger.server.name=kafka.server
logger.server.level=INFO
`;

/** A backslash starts an escape in a properties file. Source: java.util.Properties, load. */
function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\');
}

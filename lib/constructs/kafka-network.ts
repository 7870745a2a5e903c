import { Fn } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { KafkaClusterSettings } from '#core/config/project.ts';

/** Port of brokers with IAM access control. Source: Amazon MSK developer guide, "Port information". */
const IAM_PORT = 9098;
const HTTPS_PORT = 443;
const CIDR = '10.92.0.0/20';

export interface ClusterNetwork {
  /** Private, one per zone. */
  readonly subnetIds: readonly string[];
  /** Of the brokers. */
  readonly brokers: ec2.ISecurityGroup;
  /** Of the functions that talk to them. */
  readonly clients: ec2.ISecurityGroup;
}

/**
 * The network of a cluster: one of its own without a way to the internet, or one that exists. Functions in it reach the
 * services they call through endpoints, since there is no NAT; Lambda's provisioned pollers need none of this.
 */
export function createKafkaNetwork(
  scope: Construct,
  props: { readonly settings: KafkaClusterSettings; readonly logGroup: ILogGroup },
): ClusterNetwork {
  const { settings, logGroup } = props;
  const own = settings.vpc === null ? createVpc(scope, settings.zones, logGroup) : null;
  const vpc =
    own ??
    ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
      vpcId: settings.vpc?.id ?? '',
      availabilityZones: [],
    });
  const clients = new ec2.SecurityGroup(scope, 'Clients', {
    vpc,
    description: 'Functions that talk to the Kafka cluster',
    allowAllOutbound: false,
  });
  const brokers = new ec2.SecurityGroup(scope, 'Brokers', {
    vpc,
    description: 'Brokers of the Kafka cluster',
    allowAllOutbound: false,
  });
  clients.addEgressRule(brokers, ec2.Port.tcp(IAM_PORT), 'to the brokers');
  clients.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(HTTPS_PORT), 'to AWS services');
  brokers.addIngressRule(clients, ec2.Port.tcp(IAM_PORT), 'from functions');
  // Lambda's pollers sit in the security group of the cluster itself.
  brokers.addIngressRule(brokers, ec2.Port.tcp(IAM_PORT), 'from event source mappings');
  brokers.addEgressRule(brokers, ec2.Port.tcp(IAM_PORT), 'from event source mappings');
  brokers.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(HTTPS_PORT), 'to AWS services');
  if (own !== null) addEndpoints(own, [clients, brokers]);
  const subnetIds =
    settings.vpc?.subnets ?? own?.isolatedSubnets.map(({ subnetId }) => subnetId) ?? [];
  return { subnetIds, brokers, clients };
}

function createVpc(scope: Construct, zones: number, logGroup: ILogGroup): ec2.Vpc {
  return new ec2.Vpc(scope, 'Vpc', {
    ipAddresses: ec2.IpAddresses.cidr(CIDR),
    // Named by place: in a template for any region, CDK itself would take two at most.
    availabilityZones: Array.from({ length: zones }, (_, index) => Fn.select(index, Fn.getAzs())),
    natGateways: 0,
    // It would need a function that changes the group.
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [
      { name: 'kafka', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
    ],
    flowLogs: {
      rejected: {
        destination: ec2.FlowLogDestination.toCloudWatchLogs(logGroup),
        trafficType: ec2.FlowLogTrafficType.REJECT,
      },
    },
    gatewayEndpoints: {
      s3: { service: ec2.GatewayVpcEndpointAwsService.S3 },
      dynamodb: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB },
    },
  });
}

/** Each costs 7 USD a month and zone; S3 and DynamoDB have free ones. */
function addEndpoints(vpc: ec2.Vpc, groups: readonly ec2.SecurityGroup[]): void {
  const services = {
    Glue: ec2.InterfaceVpcEndpointAwsService.GLUE,
    Kafka: new ec2.InterfaceVpcEndpointAwsService('kafka'),
  };
  for (const [name, service] of Object.entries(services)) {
    const endpoint = vpc.addInterfaceEndpoint(name, { service, open: false });
    for (const group of groups) {
      endpoint.connections.allowFrom(group, ec2.Port.tcp(HTTPS_PORT), 'from functions');
    }
  }
}

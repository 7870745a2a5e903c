/**
 * Switches off the CDK's own check of templates against CloudFormation's schemas in the importing test file: it costs
 * 1.5 seconds of processor time per process. load-deployment.test.ts keeps it for the stacks of this project.
 */
process.env['CDK_VALIDATION'] = 'false';

// Apart, so that the clients of EC2 and Elastic Load Balancing are chunks of their own.
export { createAwsTargetDirectory } from "@pergola/aws";

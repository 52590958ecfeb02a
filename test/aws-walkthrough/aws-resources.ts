import { CreateSubnetCommand, CreateVpcCommand, type EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { CreateDeliveryStreamCommand, type FirehoseClient } from "@aws-sdk/client-firehose";
import { type BucketLocationConstraint, CreateBucketCommand, type S3Client } from "@aws-sdk/client-s3";

/** Makes a bucket in a region. */
export async function createBucket(s3: S3Client, Bucket: string, region: BucketLocationConstraint): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
}

/** Makes a Firehose stream that puts what it gets into a bucket. @returns its ARN */
export async function createDeliveryStream(
  firehose: FirehoseClient,
  { name, bucket, account }: { readonly name: string; readonly bucket: string; readonly account: string },
): Promise<string> {
  const { DeliveryStreamARN: arn = "" } = await firehose.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: name,
      ExtendedS3DestinationConfiguration: {
        RoleARN: `arn:aws:iam::${account}:role/firehose`,
        BucketARN: `arn:aws:s3:::${bucket}`,
      },
    }),
  );
  return arn;
}

/**
 * Runs an instance in a VPC whose addresses are loopback's: what EC2 says of it, 127.0.0.1, is then where its program is.
 * @returns its id
 */
export async function runInstance(ec2: EC2Client): Promise<string> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "127.0.0.0/16" }));
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: "127.0.0.0/24" }));
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      MinCount: 1,
      MaxCount: 1,
      ImageId: "ami-0abcdef1234567890",
      InstanceType: "t3.micro",
      SubnetId: Subnet?.SubnetId,
      PrivateIpAddress: "127.0.0.1",
    }),
  );
  const { InstanceId, PrivateIpAddress } = Instances[0] ?? {};
  if (InstanceId === undefined || PrivateIpAddress !== "127.0.0.1") throw new Error("no instance at 127.0.0.1");
  return InstanceId;
}

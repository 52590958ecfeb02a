// Apart, so that the KMS client is a chunk of its own that a router loads when a session token comes.
export { createKmsKeyring, NoKeysYet } from "@pergola/aws";

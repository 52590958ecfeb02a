/** A configuration with one of everything, as a user writes it. */
export const sceneFile = `
pergola: 1
domainVerifications:
  example.com: { tags: { owner: me } }
targetGroups:
  orders-v1:
    type: LAMBDA
    targets:
      - id: arn:aws:lambda:us-west-2:123456789012:function:hello
  orders-v2:
    type: IP
    config:
      protocol: HTTP
      port: 8080
      vpcIdentifier: vpc-0123456789abcdef0
      healthCheck: { enabled: true, path: /health, healthCheckIntervalSeconds: 10 }
    targets:
      - id: 10.0.0.1
      - { id: 10.0.0.2, port: 9090 }
    tags: { team: blue }
resourceGateways:
  gateway:
    vpc: vpc-0123456789abcdef0
    subnetIds: [subnet-0123456789abcdef0]
    securityGroupIds: [sg-0123456789abcdef0]
    resourceConfigDnsResolution: IN_VPC
resourceConfigurations:
  databases:
    type: GROUP
    gateway: gateway
    groupDomain: db.example.com
    domainVerification: example.com
    allowAssociationToShareableServiceNetwork: true
  primary:
    type: CHILD
    group: databases
    portRanges: ["5432"]
    definition: { ipResource: { ipAddress: 10.0.3.4 } }
services:
  orders:
    authType: AWS_IAM
    idleTimeoutSeconds: 120
    customDomainName: orders.example.com
    authPolicy:
      Version: "2012-10-17"
      Statement:
        Effect: Allow
        Principal: "*"
        Action: vpc-lattice-svcs:Invoke
        Resource: "{{services/orders}}/*"
    accessLogs:
      - { destination: "arn:aws:s3:::order-logs", tags: { keep: "yes" } }
    listeners:
      http:
        protocol: HTTP
        defaultAction: { fixedResponse: 404 }
        rules:
          canary:
            priority: 10
            match: { pathMatch: { match: { prefix: /orders } }, headerMatches: [{ name: x-canary, match: { exact: "1" } }] }
            action: { forward: [{ targetGroup: orders-v2 }] }
          orders:
            priority: 20
            match: { method: GET, pathMatch: { match: { prefix: /orders }, caseSensitive: true } }
            action:
              forward:
                - { targetGroup: orders-v1, weight: 90 }
                - { targetGroup: orders-v2, weight: 10 }
            tags: { rule: "yes" }
    tags: { team: blue }
  empty: {}
serviceNetworks:
  main:
    authType: AWS_IAM
    authPolicy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: "*", Action: "*", Resource: "*" }] }
    accessLogs:
      - { destination: "arn:aws:s3:::network-logs" }
      - { destination: "arn:aws:s3:::resource-logs", type: RESOURCE }
    services:
      orders: { tags: { a: b } }
    vpcs:
      vpc-0123456789abcdef0: { securityGroupIds: [sg-0123456789abcdef0] }
    resources:
      databases: {}
`;

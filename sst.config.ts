/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  async app({ stage }) {
    const { deploySettings } = await import("./pergola.deploy.ts");
    const { problemsOfSettings } = await import("./stacks/check-settings.ts");
    const settings = deploySettings(stage);
    const problems = problemsOfSettings(settings, stage);
    if (problems.length > 0) throw new Error(`pergola.deploy.ts: ${problems.join("; ")}`);
    const isProduction = stage === "production";
    return {
      name: "pergola",
      home: "aws",
      version: "4.17.1",
      removal: isProduction ? "retain" : "remove",
      protect: isProduction,
      providers: { aws: { version: "7.20.0", region: settings.region as "us-east-1" } },
    };
  },
  async run() {
    const { deploySettings } = await import("./pergola.deploy.ts");
    const { pergola } = await import("./stacks/pergola.ts");
    return pergola(deploySettings($app.stage));
  },
});

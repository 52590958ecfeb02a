import { writeFileSync } from "node:fs";
import { coverageText } from "./coverage.ts";

const file = new URL("../../../docs/coverage.md", import.meta.url);
writeFileSync(file, coverageText());

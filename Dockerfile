# `pergola gateway` (docs/gateway.md): docker buildx build --platform linux/arm64 -t pergola .
FROM node:24-slim AS packages
WORKDIR /pergola
COPY package.json package-lock.json ./
COPY packages packages
# Nothing of a package runs while it is installed.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production XDG_CACHE_HOME=/tmp
WORKDIR /pergola
COPY --from=packages /pergola .
USER node
# Listener ports 80 and 443, and the health check.
EXPOSE 8080 8443 8081
# The process is its container's first: it gets SIGTERM itself, and drains.
ENTRYPOINT ["node", "--max-semi-space-size=16", "packages/cli/src/main.ts"]
CMD ["gateway"]

# The image of memory-mcp: docs/docker.md says how to run it.

# The program is the same on every platform, and the packages contain the binaries of all of them: this stage runs on the
# builder's own platform and keeps the binaries of the target. Builders without BuildKit set neither variable.
FROM --platform=${BUILDPLATFORM:-linux} node:24-bookworm-slim AS build
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsup.config.ts ./
COPY scripts/bundle-licenses.ts scripts/lean-sdk.ts scripts/
COPY src src
RUN npm run build
COPY scripts/container/runtime-modules.sh scripts/container/
ARG TARGETARCH
RUN scripts/container/runtime-modules.sh "${TARGETARCH:-$(dpkg --print-architecture)}" /runtime-modules

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="memory-mcp" \
      org.opencontainers.image.description="A local memory server for AI assistants over the Model Context Protocol" \
      org.opencontainers.image.licenses="MIT"
# tini forwards signals and reaps processes (see entrypoint.sh); curl is for health checks of compose files.
RUN apt-get update \
 && apt-get install -y --no-install-recommends curl tini \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o node -g node /data /config
WORKDIR /app
COPY --from=build /runtime-modules node_modules
COPY package.json config.example.json CHANGELOG.md LICENSE ./
COPY bin bin
COPY --from=build /app/dist dist
COPY scripts/container/entrypoint.sh /usr/local/bin/memory-mcp
COPY scripts/container/health.sh /usr/local/bin/memory-mcp-health
ENV NODE_ENV=production \
    MEMORY_MCP_DATA_DIR=/data \
    MEMORY_MCP_SERVER_HOST=0.0.0.0 \
    MEMORY_MCP_SERVER_PORT=26262 \
    MEMORY_MCP_INFERENCE=own
VOLUME ["/data", "/config"]
EXPOSE 26262
HEALTHCHECK --interval=30s --timeout=10s --start-period=40s \
  CMD ["memory-mcp-health"]
ENTRYPOINT ["memory-mcp"]
CMD ["serve", "--http"]

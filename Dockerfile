# Sluice on the Functions host, as a container: `docker build -t sluice .`
# What it starts checks settings and services first, and ends with 78 and the reasons where one is wrong.

FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json host.json LICENSE ./
COPY src src
COPY scripts scripts
COPY local-host local-host
COPY bench bench
RUN npx tsc -p tsconfig.json && node dist/scripts/package.js

FROM mcr.microsoft.com/azure-functions/node:4-node22
# Above 1024, so that no user needs to be root; keys are kept in the storage account.
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    AzureWebJobsSecretStorageType=blob \
    ASPNETCORE_URLS=http://+:8080 \
    NODE_ENV=production
COPY --from=build /build/.build/package /home/site/wwwroot
WORKDIR /home/site/wwwroot
# The user `app` of the base image's own base.
USER 1654
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/entrypoint.js"]
# The base image's own: host and certificates.
CMD ["/opt/startup/start_nonappservice.sh"]

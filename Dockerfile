# The API, the agent and the gateway as images: docker build --target api|agent|gateway .
# The bases are arguments, so that a registry of your own, or images made locally, can stand in.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK_IMAGE} AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/ControlPlane.Api -c Release -o /out/api -p:UseAppHost=false -p:NuGetAudit=false --nologo && \
    dotnet publish src/ControlPlane.Agent -c Release -o /out/agent -p:UseAppHost=false -p:NuGetAudit=false --nologo && \
    dotnet publish src/ControlPlane.Gateway -c Release -o /out/gateway -p:UseAppHost=false -p:NuGetAudit=false --nologo

# The user that Microsoft's images have for programs (app, 1654), by number, so that any base will do.
FROM ${RUNTIME_IMAGE} AS api
RUN mkdir -p /data && chown 1654:1654 /data
COPY --from=build /out/api /app
WORKDIR /app
USER 1654:1654
VOLUME /data
EXPOSE 8443
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=5 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
ENTRYPOINT ["dotnet", "/app/ControlPlane.Api.dll", "--http-port", "8080", "--https-port", "8443", "--data-dir", "/data"]

# Root: whoever may speak to the engine's socket is that anyway. Healthy once it has joined and learnt what to run. For pods with volumes AGENT_DATA is a folder of the
# host under the same path inside and outside.
FROM ${RUNTIME_IMAGE} AS agent
ENV AGENT_DATA=/data
RUN mkdir -p /data
COPY --from=build /out/agent /app
WORKDIR /app
VOLUME /data
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=5 CMD ["bash", "-c", "[[ -s $AGENT_DATA/desired.json ]]"]
ENTRYPOINT ["bash", "-c", "exec dotnet /app/ControlPlane.Agent.dll --runtime docker --data \"$AGENT_DATA\" \"$@\"", "agent"]

# Root: it reads its node's token, which only the agent's user may, and listens on Services' low ports. Healthy once it listens for the routes that it has learnt.
FROM ${RUNTIME_IMAGE} AS gateway
RUN mkdir -p /data
COPY --from=build /out/gateway /app
WORKDIR /app
VOLUME /data
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=5 CMD ["bash", "-c", "[[ -s /data/routes.json ]]"]
ENTRYPOINT ["dotnet", "/app/ControlPlane.Gateway.dll", "--data", "/data"]

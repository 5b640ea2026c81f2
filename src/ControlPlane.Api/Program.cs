using ControlPlane.Api.Hosting;

await using WebApplication app = ApiHost.Build(args);
await app.RunAsync();

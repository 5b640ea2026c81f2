using System.Net;
using ControlPlane.Domain.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ControlPlane.Gateway.Tests;

/// <summary>What the figures make of gRPC's answers, which are all 200.</summary>
public sealed class GrpcFailuresTests
{
    [Fact]
    public async Task Report_ServerFaults_AreFailuresBehindTheMessagesAndAmongTheHeaders()
    {
        string[] failed = ["2", "4", "12", "13", "14", "15", "17", "99999999999", "none"];
        await AssertFailuresAsync(
            [.. failed.SelectMany(status => new[] { $"grpc/trailers/{status}", $"grpc/headers/{status}" }), "grpc/trailers/-"],
            ["application/grpc", "application/grpc+proto", "application/grpc; charset=utf-8"],
            failures: 19);
    }

    [Fact]
    public async Task Report_CallsThatSucceedOrThatTheCallerIsToBlameFor_AreNone()
    {
        string[] good = ["0", "1", "3", "5", "6", "7", "8", "9", "10", "11", "16"];
        await AssertFailuresAsync([.. good.SelectMany(status => new[] { $"grpc/trailers/{status}", $"grpc/headers/{status}" })], ["application/grpc"], failures: 0);
    }

    [Fact]
    public async Task Report_WhatIsNoGrpc_IsJudgedByItsStatusAlone() =>
        await AssertFailuresAsync(["grpc/trailers/13", "grpc/headers/13", "grpc/trailers/-"], ["application/json", "text/plain"], failures: 0);

    /// <summary>Its status may stand in the body, so that one without any elsewhere says nothing.</summary>
    [Theory]
    [InlineData("grpc/trailers/-", 0)]
    [InlineData("grpc/headers/13", 1)]
    public async Task Report_GrpcWeb_CountsWhatStandsAmongTheHeaders(string path, int failures) => await AssertFailuresAsync([path], ["application/grpc-web+proto"], failures);

    /// <summary>Each path with one of the content types in turn.</summary>
    private static async Task AssertFailuresAsync(string[] paths, string[] contentTypes, int failures)
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend pod = await Backend.StartAsync("a", HttpProtocols.Http2);
        await world.RouteAsync(pod.Ready);
        for (int i = 0; i < paths.Length; i++)
        {
            using HttpRequestMessage call = new(HttpMethod.Post, new Uri(world.Url, paths[i]))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Headers = { TE = { new("trailers") } },
            };
            call.Headers.TryAddWithoutValidation("Accept", contentTypes[i % contentTypes.Length]);
            using HttpResponseMessage answer = await world.Client.SendAsync(call);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        TrafficFigures? figures = null;
        await Eventually.TrueAsync(
            () => (figures = world.ControlPlane.Reports.LastOrDefault()?.Traffic.FirstOrDefault(known => known.Pod == pod.Pod))?.Requests == paths.Length, "all have ended");
        Assert.Equal(failures, figures!.Failures);
    }
}

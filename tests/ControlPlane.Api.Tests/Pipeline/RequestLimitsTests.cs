using System.Security.Claims;
using ControlPlane.Api.Pipeline;
using Microsoft.AspNetCore.Http;

namespace ControlPlane.Api.Tests.Pipeline;

public class RequestLimitsTests
{
    /// <summary>What the handlers take for a watch holds no place of a short request, however it is spelled.</summary>
    [Theory]
    [InlineData("?watch=true", "Long")]
    [InlineData("?watch=1", "Long")]
    [InlineData("?watch", "Long")]
    [InlineData("?watch=True", "Long")]
    [InlineData("?watch=yes", "Long")]
    [InlineData("?follow=yes", "Long")]
    [InlineData("?watch=false", "Short")]
    [InlineData("?watch=0", "Short")]
    [InlineData("", "Short")]
    public void ClassOf_AQuery_IsWhatItsHandlerMakesOfIt(string query, string expected)
    {
        DefaultHttpContext http = new() { User = new ClaimsPrincipal(new ClaimsIdentity("Bearer")) };
        http.Request.QueryString = new QueryString(query);
        Assert.Equal(expected, RequestLimits.ClassOf(http).ToString());
    }
}
